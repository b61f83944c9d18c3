# EDIFACT のための独自の平易な用語。国連ディレクトリーの写しではない。
## Levels and places of findings

level-interchange = 交換データ
level-group = グループ { $number }
level-message = メッセージ { $number }
level-package = パッケージ { $number }
place-segment = セグメント { $number }（{ $tag }）
place-segment-in-message = メッセージ内のセグメント { $number }（{ $tag }）
place-group = グループ { $group }
place-element = データ要素 { $number }
place-component = 構成要素 { $number }
place-byte = バイト { $number }
finding = { $level }: { $what }（コード { $code }）
finding-differs = {" "}– 期待値 { $expected }、実際 { $found }
finding-expected = {" "}– 期待値：{ $expected }
finding-found = {" "}– 実際 { $found }

## Syntax errors (ISO 9735, data element 0085), in our own words

syntax-error-2 = この構文識別子または構文バージョンには対応していません
syntax-error-7 = 宛先が実際の受信者と異なります
syntax-error-12 = 値が正しくありません
syntax-error-13 = 必須のものがありません
syntax-error-14 = この箇所ではこの値に対応していません
syntax-error-15 = この箇所では使えません
syntax-error-16 = データ要素または構成要素が多すぎます
syntax-error-17 = これについての取り決めがありません
syntax-error-18 = 詳細の示されていない誤りです
syntax-error-19 = 小数点の記号が正しくありません
syntax-error-20 = サービス文字として使えない文字です
syntax-error-21 = 使えない文字があります
syntax-error-22 = 宣言されていないサービス文字です
syntax-error-23 = 送信者が登録されていません
syntax-error-24 = 交換データが古すぎます
syntax-error-25 = テストは受け付けていません
syntax-error-26 = すでに受信済みのものです（重複）
syntax-error-27 = 対応していないセキュリティ機能です
syntax-error-28 = 開始と終了の参照番号が一致しません
syntax-error-29 = 申告された件数と実際の件数が一致しません
syntax-error-30 = グループとメッセージが同じ階層に混在しています
syntax-error-31 = 一つのグループに複数種類のメッセージがあります
syntax-error-32 = 中身がありません
syntax-error-33 = メッセージの外にデータがあります
syntax-error-34 = ここでは入れ子の指示を使えません
syntax-error-35 = データ要素またはセグメントの繰り返しが多すぎます
syntax-error-36 = セグメントグループの繰り返しが多すぎます
syntax-error-37 = 文字の種類が違います（数字と文字）
syntax-error-38 = 小数点の前に数字がありません
syntax-error-39 = 長すぎます
syntax-error-40 = 短すぎます
syntax-error-41 = 通信網の恒久的な障害です
syntax-error-42 = 通信網の一時的な障害です
syntax-error-43 = 受信者が登録されていません
syntax-error-45 = 末尾に余分な区切り文字があります
syntax-error-46 = 対応していない文字集合です
syntax-error-47 = 対応していないエンベロープです
syntax-error-48 = 互いに依存する項目の組み合わせが正しくありません
syntax-error-other = エラー { $code }

## Answers

action-rejected = 差戻し
action-acknowledged = 受理
action-received = 受信
contrl-interchange = 交換データ { $reference }: { $action }
contrl-group = グループ { $reference }: { $action }
contrl-message = メッセージ { $reference }（{ $kind }）: { $action }
contrl-segment = セグメント { $number }: { $what }
contrl-error = { $what }（コード { $code }）
response-accepted = { $kind } { $number }: 受理
response-rejected = { $kind } { $number }: 差戻し
response-stated = { $kind } { $number }: 通知内容 { $states }
response-error = { $code }: { $text }
response-error-at = { $code }: { $text } — { $place }
state-sent = 送信済み・回答待ち
state-received = 相手機関が受信
state-accepted = 受理
state-partly-rejected = 一部差戻し
state-rejected = 差戻し

## 取引の経過

event-sent = 送信
event-received = 受信
event-delivered = 伝送の受領通知: 相手機関に到着
event-refused = 伝送で拒否
event-failed = 送達できず
event-answer-received = 受領の通知
event-answer-accepted = 受理
event-answer-partly-rejected = 一部差戻し
event-answer-rejected = 差戻し
event-answer-stated = 相手機関のコードによる回答
role-document = メッセージ番号
role-order = 発注番号
role-booking = ブッキング番号
role-bill-of-lading = 船荷証券番号
role-container = コンテナ番号
role-declaration = 申告番号
role-invoice = 送り状番号
role-previous = 回答の対象

## The tree

tree-before = … 前に { $number } セグメント
tree-after = … 残り { $number } セグメント
tree-group = グループ { $reference }
tree-message = { $name } { $reference }（{ $kind }）

## Messages

message-APERAK = 業務エラー・確認通知
message-BAPLIE = 本船積付図
message-COARRI = コンテナ揚積報告
message-CODECO = コンテナ搬出入報告
message-CONTRL = 構文確認応答
message-COPARN = コンテナ引渡・受取指図
message-CUSCAR = 積荷目録
message-CUSDEC = 輸入・輸出申告
message-CUSREP = 入出港届
message-CUSRES = 税関応答
message-DESADV = 出荷案内
message-IFTMBC = ブッキング確認
message-IFTMBF = ブッキング依頼
message-IFTMCS = 船荷証券
message-IFTMIN = 船積指図
message-INVOIC = 商業送り状
message-ORDERS = 発注書
message-ORDRSP = 注文請書
message-PAXLST = 乗客・乗組員名簿
message-RECADV = 入荷通知

## Segments

segment-AUT = 真正性の証明
segment-ALC = 割引・割増
segment-BGM = 文書の種類と番号
segment-CNI = 貨物（B/L 単位）
segment-CNT = 検算用の合計
segment-COM = 連絡先（電話・メール）
segment-CPI = 費用の支払条件
segment-CPS = 梱包階層
segment-CST = 貨物の通関区分
segment-CTA = 担当者
segment-CUX = 通貨
segment-DGS = 危険物
segment-DIM = 寸法
segment-DOC = 添付書類
segment-DTM = 日付・時刻
segment-EQD = コンテナ等の機器
segment-ERC = エラー
segment-FTX = 自由記述
segment-GEI = 処理区分
segment-GID = 品目
segment-GIS = 処理表示
segment-HAN = 荷扱い
segment-IMD = 商品の説明
segment-LIN = 明細行
segment-LOC = 場所
segment-MEA = 計量
segment-MOA = 金額
segment-NAD = 関係者（名称・住所）
segment-PAC = 梱包
segment-PAT = 支払条件
segment-PCI = 荷印
segment-PIA = 追加の商品番号
segment-PRI = 単価
segment-QTY = 数量
segment-RFF = 参照番号
segment-RNG = 範囲
segment-SEL = 封印（シール）
segment-SGP = このコンテナの貨物
segment-STS = 状況
segment-TAX = 税・関税
segment-TDT = 輸送手段
segment-TMP = 温度
segment-TOD = 受渡条件
segment-TSR = 輸送条件
segment-UCD = データ要素の誤り
segment-UCF = グループへの回答
segment-UCI = 交換データへの回答
segment-UCM = メッセージへの回答
segment-UCS = セグメントの誤り
segment-UNB = 交換データの開始
segment-UNE = グループの終了
segment-UNG = グループの開始
segment-UNH = メッセージの開始
segment-UNO = 添付オブジェクトの開始
segment-UNP = 添付オブジェクトの終了
segment-UNS = セクション区切り
segment-UNT = メッセージの終了
segment-UNZ = 交換データの終了

## Elements

element-AUT-1 = 値
element-AUT-2 = 鍵
element-BGM-1 = 文書
element-BGM-2 = 番号
element-BGM-3 = 機能
element-CNI-1 = 通番
element-CNI-2 = B/L または文書
element-CNT-1-1 = 対象
element-CNT-1-2 = 合計
element-CNT-1-3 = 単位
element-COM-1-1 = 連絡先
element-COM-1-2 = 手段
element-CST-1 = 通番
element-CST-2 = 税番等のコード
element-CTA-1 = 役割
element-CTA-2 = 氏名・部署
element-CUX-1-2 = 通貨
element-DGS-1 = 規則
element-DGS-2 = 等級
element-DGS-3 = 国連番号
element-DOC-1 = 書類
element-DOC-2 = 番号
element-DTM-1-1 = 種別
element-DTM-1-2 = 日時
element-DTM-1-3 = 形式
element-EQD-1 = 種類
element-EQD-2 = 番号
element-EQD-3 = サイズ・タイプ
element-EQD-5 = 状態
element-EQD-6 = 実入・空
element-ERC-1 = エラー
element-FTX-1 = 種別
element-FTX-4 = 本文
element-GEI-1 = 種別
element-GEI-2 = 処理
element-GID-1 = 通番
element-GID-2 = 個数・荷姿
element-GIS-1 = 処理
element-HAN-1 = 荷扱い
element-HAN-2 = 危険性
element-IMD-3 = 説明
element-LIN-1 = 行
element-LIN-3 = 商品番号
element-LOC-1 = 種別
element-LOC-2 = 場所
element-LOC-3 = 関連場所
element-MEA-1 = 目的
element-MEA-2 = 項目
element-MEA-3 = 値
element-MOA-1-1 = 種別
element-MOA-1-2 = 金額
element-MOA-1-3 = 通貨
element-NAD-1 = 役割
element-NAD-2 = コード
element-NAD-3 = 名称・住所
element-NAD-4 = 名称
element-NAD-5 = 町名・番地
element-NAD-6 = 市区町村
element-NAD-7 = 地域
element-NAD-8 = 郵便番号
element-NAD-9 = 国
element-PAC-1 = 個数
element-PAC-3 = 荷姿
element-PCI-2 = 荷印
element-PIA-2 = 商品番号
element-PRI-1-1 = 種別
element-PRI-1-2 = 単価
element-QTY-1-1 = 種別
element-QTY-1-2 = 数量
element-QTY-1-3 = 単位
element-RFF-1-1 = 種別
element-RFF-1-2 = 番号
element-RNG-1 = 種別
element-RNG-2 = 範囲
element-SEL-1 = 番号
element-SEL-2 = 施封者
element-SGP-1 = コンテナ
element-SGP-2 = 個数
element-TDT-1 = 区間
element-TDT-2 = 航海番号
element-TDT-3 = 輸送方法
element-TDT-4 = 輸送手段の種類
element-TDT-5 = 運送人
element-TDT-8 = 船舶・車両
element-TMP-1 = 種別
element-TMP-2 = 温度
element-TSR-1 = 契約
element-TSR-2 = サービス
element-UCD-1 = 誤り
element-UCD-2 = 位置
element-UCI-1 = 交換データ
element-UCI-2 = 送信者
element-UCI-3 = 受信者
element-UCI-4 = 回答
element-UCI-5 = 誤り
element-UCI-6 = 箇所
element-UCI-7 = 位置
element-UCM-1 = メッセージ
element-UCM-2 = 種類
element-UCM-3 = 回答
element-UCM-4 = 誤り
element-UCM-5 = 箇所
element-UCM-6 = 位置
element-UCS-1 = セグメント
element-UCS-2 = 誤り
element-UNB-1 = 構文
element-UNB-2 = 送信者
element-UNB-3 = 受信者
element-UNB-4 = 作成日時
element-UNB-5 = 参照番号
element-UNB-7 = 業務
element-UNB-9 = 応答要求
element-UNB-10 = 取り決め
element-UNB-11 = テスト
element-UNE-1 = メッセージ数
element-UNE-2 = 参照番号
element-UNG-1 = 種類
element-UNG-2 = 送信業務
element-UNG-3 = 受信業務
element-UNG-4 = 作成日時
element-UNG-5 = 参照番号
element-UNH-1 = 参照番号
element-UNH-2 = 種類
element-UNO-1 = 参照番号
element-UNO-4 = バイト長
element-UNP-1 = バイト長
element-UNP-2 = 参照番号
element-UNT-1 = セグメント数
element-UNT-2 = 参照番号
element-UNZ-1 = メッセージ数またはグループ数
element-UNZ-2 = 参照番号

## Codes that are met every day

code-BGM-1-1-85 = 税関積荷目録
code-BGM-1-1-220 = 発注
code-BGM-1-1-351 = 出荷通知
code-BGM-1-1-380 = 商業送り状
code-BGM-1-1-785 = 積荷目録
code-BGM-3-1-1 = 取消
code-BGM-3-1-4 = 変更
code-BGM-3-1-5 = 差替
code-BGM-3-1-9 = 新規
code-CNT-1-1-7 = 総重量
code-CNT-1-1-8 = 品目数
code-CNT-1-1-10 = 貨物件数
code-CNT-1-1-11 = 個数
code-CNT-1-1-16 = コンテナ数
code-COM-1-2-EM = 電子メール
code-COM-1-2-FX = ファクス
code-COM-1-2-TE = 電話
code-CTA-1-1-IC = 問い合わせ先
code-DTM-1-1-132 = 到着予定
code-DTM-1-1-133 = 出港予定
code-DTM-1-1-136 = 出港
code-DTM-1-1-137 = 文書作成日
code-DTM-1-1-178 = 到着
code-EQD-1-1-CN = コンテナ
code-EQD-6-1-4 = 空
code-EQD-6-1-5 = 実入
code-FTX-1-1-AAA = 品名
code-FTX-1-1-AAI = 一般情報
code-FTX-1-1-ACB = 追加情報
code-LOC-1-1-5 = 出発地
code-LOC-1-1-7 = 荷渡地
code-LOC-1-1-8 = 仕向地
code-LOC-1-1-9 = 積地
code-LOC-1-1-11 = 揚地
code-LOC-1-1-22 = 税関官署
code-LOC-1-1-60 = 到着地
code-LOC-1-1-61 = 次港
code-LOC-1-1-76 = 最初の船積港
code-LOC-1-1-88 = 荷受地
code-LOC-1-1-125 = 前港
code-MEA-2-1-AAB = 貨物総重量
code-MEA-2-1-AAD = 梱包込み総重量
code-MEA-2-1-AAW = 容積
code-MEA-2-1-VGM = 確定総重量（VGM）
code-NAD-1-1-BY = 買手
code-NAD-1-1-CA = 運送人
code-NAD-1-1-CN = 荷受人
code-NAD-1-1-CZ = 荷送人
code-NAD-1-1-FW = フォワーダー
code-NAD-1-1-MR = メッセージ受信者
code-NAD-1-1-MS = メッセージ送信者
code-NAD-1-1-N1 = 着荷通知先
code-NAD-1-1-NI = 着荷通知先
code-NAD-1-1-SE = 売手
code-NAD-1-1-SU = 仕入先
code-QTY-1-1-21 = 発注数量
code-QTY-1-1-47 = 請求数量
code-RFF-1-1-AAQ = コンテナ
code-RFF-1-1-AAM = 積荷目録番号
code-RFF-1-1-BM = 船荷証券番号
code-RFF-1-1-BN = ブッキング番号
code-RFF-1-1-HWB = ハウス B/L
code-RFF-1-1-MB = マスター B/L
code-RFF-1-1-ON = 注文番号
code-SEL-2-1-CA = 運送人
code-SEL-2-1-SH = 荷主
code-TDT-1-1-20 = 本船輸送
code-TDT-3-1-1 = 海上
code-TDT-3-1-3 = 道路
code-TDT-3-1-4 = 航空
code-UCI-4-1-4 = 拒否
code-UCI-4-1-7 = 受理
code-UCI-4-1-8 = 受信
code-UCM-3-1-4 = 拒否
code-UCM-3-1-7 = 受理

## マッピングで失われるもの

loss = 文書 { $document }、{ $place }: { $why } – { $value }
loss-message = このメッセージはマッピングの対象外
loss-segment = このセグメントはマッピングの対象外
loss-value = この値はマッピングの対象外
loss-field = 該当する項目がない
loss-form = 項目の形式に合わない
loss-code = マッピングにないコードまたは語
loss-characters = 交換の文字集合にない文字
loss-length = 長さの上限を超えている
loss-count = 数えた件数と一致しない
loss-order = マッピングと順序が異なる
loss-nothing = 内容のないセグメント
loss-added = 元になく、マッピングが補ったもの
loss-envelope = 別の文書の封筒情報が適用される
loss-row = 行では別の文書と区別できない
loss-untranslated = 相手機関のコード表に対応がありません
loss-ambiguous = 相手機関のコードに当方のコードが複数対応します

## Mappings

mapping-unverified = 未検証

## More segments

segment-BIN = 添付オブジェクト

## 回答の期限

event-waiting = この時刻までに回答を待機
event-sent-again = 回答がないため再送
event-overdue = 期限までに回答なし
event-late = 期限後に回答を受領
expect-more = ほか{ $number }件
expect-late = 期限を{ $time }超過
span-d = { $number }日
span-h = { $number }時間
span-m = { $number }分
span-s = { $number }秒

## 証拠としての取引

chain-title = 取引 { $reference } の証拠
chain-by = 出力：{ $who }、最終更新：{ $until }
chain-more = このほかにも文書があります
chain-documents = 文書
chain-document = 文書
chain-parties = 送信者 → 受信者
chain-states = 伝送・構文・判断
chain-files = ファイル
chain-absent-erased = 文書 { $envelope }（相手機関 { $partner }）：消去済み
chain-absent-keys-missing = 文書 { $envelope }（相手機関 { $partner }）：鍵がないため開けません
chain-events = 経過
chain-verify = オフラインでの検証：corridor verify FILE --policy POLICY --anchor "COUNTRY KEY"
transport-sending = 送信中
transport-delivered = 到達
transport-refused = 伝送で拒否
transport-failed = 送信中断
transport-received = 受信済み
transport-receiving = 受信中
transport-erased = 消去済み

## ハブのフォルダー

hub-nobody = 受信者名 { $recipient } に対応する相手機関が participant.hub_partners にありません。
hub-no-interchange = EDIFACT の交換データではありません。

## Customs

response-released = { $kind } { $number }: 許可
response-held = { $kind } { $number }: 保留
response-inspection = { $kind } { $number }: 検査指定
event-answer-released = 税関が許可
event-answer-held = 税関が保留
event-answer-inspection = 税関が検査を指定
customs-state-waiting = 審査待ち
customs-state-held = 保留
customs-state-inspection = 検査指定
customs-state-released = 許可
customs-state-rejected = 差戻し
customs-state-replaced = 訂正により差替え
customs-state-cancelled = 取下げ
customs-lane-clear = 該当なし
customs-lane-note = 要注意
customs-lane-hold = 保留相当
customs-lane-inspect = 検査相当
customs-decision-release = 許可する
customs-decision-hold = 保留にする
customs-decision-inspect = 検査を指定する
customs-decision-reject = 差し戻す
risk-action-release = 自動許可（グリーンチャネル）
risk-action-note = 注意
risk-action-hold = 保留
risk-action-inspect = 検査
risk-not-judged = 基準による判定不能
customs-function-original = 新規
customs-function-replacement = 差替え
customs-function-change = 変更
customs-function-cancellation = 取消し

## Mappings of one's own

mapping-own = 独自のマッピング
