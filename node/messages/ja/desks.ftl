# What the desks of trade say: documents as forms, documents made, the desks of trader and broker.

## Documents as forms

document-form = フォーム
form-title = フォーム：{ $name }
form-none = この文書に合うフォームはありません
form-none-how = 内容は「本文」の画面でセグメントごとに確認できます。
form-unmapped = 次の電文に合うフォームはありません。「本文」の画面で確認してください：{ $kinds }
form-all-languages = 三か国語
form-languages = 項目名の言語
form-totals = 合計
form-totals-caption = 明細の金額を正確に合計し、文書の記載と照らし合わせています
form-totals-of = 金額の種類
form-sum = 計算した合計
form-stated = 記載の合計
form-check = 照合
form-total-agrees = 一致
form-total-differs = 不一致
form-row = 番号
form-part = { $all } 件中 { $first } ～ { $last } 件目
form-unplaced = フォームに入らない内容
form-unplaced-how = フォームに該当する項目がない内容です。電文には含まれています
form-unplaced-more = このほかに { $n } 件あります。
form-place = セグメントと位置
form-says = 内容
form-why = 理由
form-message = { $all } 通中 { $n } 通目の電文
form-message-before = 前の電文
form-message-after = 次の電文

## Stowage plans

stow-title = 積付プラン
stow-vessel = 船名
stow-voyage = 航海番号
stow-departure = 出港地
stow-containers = コンテナ数
stow-discharge = 荷揚港
stow-bays = ベイ
stow-bay = ベイ { $n }
stow-all = すべてのベイ
stow-says = ベイ { $n } を船尾側から見た図。コンテナ { $count } 本。同じ内容を下の表に示しています。
stow-port-side = 左舷
stow-starboard = 右舷
stow-table = 積載コンテナ一覧
stow-table-caption = 図と同じ内容です。位置はベイ・ロウ・ティアの順
stow-container = コンテナ番号
stow-place = 位置
stow-type = サイズ・タイプ
stow-fullness = 実入り・空
stow-full = 実入り
stow-empty = 空（E）
stow-weight = 重量
stow-more = 備考
stow-temperature = 温度管理（R）：{ $t }
stow-no-place = 船上の位置ではありません：{ $place }
stow-nothing = コンテナの記載がありません

## The command line

trade-form-unplaced = フォームに入らない内容: { $what }

## Documents made

make-title = 文書の作成
make-lead = 文書の種類を選び、フォームに入力し、内容を確認して送信します。途中のものは下書きとして保存できます。
make-kinds = 文書の種類
make-kinds-caption = ここで作成できる文書
make-kind = 種類
make-message = 電文
make-other-names = 他の言語での名称
make-drafts = 下書き
make-drafts-caption = 下書き（保存の新しい順）
make-no-drafts = 下書きはありません
make-no-drafts-how = フォームの下の「下書き保存」で入力内容を保存できます。
make-templates = ひな形
make-templates-caption = ひな形から作成しても、ひな形自体は変わりません
make-no-templates = ひな形はありません
make-no-templates-how = フォームの下の「ひな形として保存」で、繰り返し使う内容を保存できます。
make-name = 名前
make-name-hint = 下書き・ひな形の名前です。相手機関には送られません。
make-delete = 削除
make-delete-question = 「{ $name }」を機関全体から削除します。
make-removed = 削除しました。
make-saved = 下書きを保存しました。
make-one = 作成：{ $kind }
make-codes-loaded = ディレクトリのコード表を入力候補として表示します。
make-codes-not-loaded = この電文のディレクトリが登録されていないため、コードの候補表示と照合は行いません。
make-address = 宛先
make-sender = UNBの送信者
make-recipient = UNBの受信者
make-party-hint = ID または ID:修飾子。空欄の場合は、この相手機関との直近の交換データと同じになります。
make-syntax = 文字コード
make-syntax-auto = 本文に合わせる
make-syntax-unoc-3 = ラテン文字（UNOC、構文3）
make-syntax-unox-3 = ISO-2022 の日本語・韓国語（UNOX、構文3）
make-syntax-keca-3 = 韓国語（KECA、構文3）
make-syntax-unoy-4 = Unicode（UNOY、構文4）
make-test = テスト
make-test-hint = UNBにテストと記載します。相手機関はこれに基づく処理を行いません。
make-keep = 保存
make-save = 下書き保存
make-save-template = ひな形として保存
make-preview = 内容を確認
make-add = 「{ $what }」を追加
make-remove = 「{ $what }」を取り除く
make-choose-partner = 宛先を選んでください
make-not-right = このままでは送信できません
make-right-checked = 送信できます。ディレクトリとガイドに照らして確認しました
make-right-unchecked = 送信できます。ディレクトリが登録されていないため、書式のみ確認し、コードは照合していません
make-look = 確認：{ $kind }
make-look-lead = 相手機関に届く内容です。まだ送信していません。
make-send = 送信する
make-edit = 修正する
make-edifact = EDIFACT の電文
make-replaced = 相手機関のコードへの置換え
make-replaced-caption = 当機関のコードを相手機関のコードに置き換えて送信します
bulk-title = ファイルから一括作成
bulk-lead = CSV または JSON のファイルから、送信する文書の一覧を作ります。誤りのないものだけを、1 件ずつ送信します。
bulk-file = ファイル
bulk-file-hint = 見出し行のある CSV、または JSON。{ $n } 件、{ $size } まで。
bulk-look = 内容を確認
bulk-columns = 文書の種類ごとのファイルの列
bulk-columns-caption = 文書の種類ごとの CSV の列。同じ番号が続く行は 1 件の文書になります
bulk-looked = 送信内容の一覧
bulk-caption = ファイルの文書（記載順）
bulk-row = 行
bulk-remarks = 確認結果
bulk-remark = { $row } 行目：{ $what }
bulk-losses = ファイルの一部は、どの文書にも入りません
bulk-right = 送信可
bulk-wrong = 要修正
bulk-was-sent = 送信済み
bulk-not-sent = 未送信
bulk-all-right = { $n } 件すべて送信できます
bulk-some-right = { $all } 件中 { $right } 件が送信できます。残りは送信しません
bulk-send = 送信できる { $n } 件を送信する
bulk-sent = { $n } 件を送信しました
bulk-some-sent = { $all } 件中 { $n } 件を送信しました

## Codes of partners

codes-kind = 種別
codes-kind-hs = HSコード
codes-kind-unlocode = 場所（UN/LOCODE）
codes-kind-unit = 単位・包装
codes-kind-party = 当事者
codes-ours = 当機関
codes-theirs = 相手機関

## The trader’s desk

desk-latest = 最近の取引
desk-latest-caption = 動きのあった順
desk-none = 取引はまだありません
desk-none-how = 発注、ブッキング、積荷目録、申告のいずれかが送受信されると、ここに表示されます。
desk-stands = 進み具合
stage-ordered = 発注
stage-booked = ブッキング
stage-reported = 積荷目録
stage-declared = 申告
stage-released = 許可
standing-open = 未着
standing-waiting = 待ち
standing-refused = 差戻し
standing-done = 済み
compare-title = 文書の比較
compare-lead = 両方の文書の同じ項目を 1 行に並べています。供給者と売主のように名称が異なる項目も対応させ、明細は品番で突き合わせます。
compare-first = 1 つ目の文書
compare-second = 2 つ目の文書
compare-first-card = 1 つ目
compare-second-card = 2 つ目
compare-show = 表示
compare-show-all = すべて
compare-show-differs = 異なる項目のみ
compare-none = 比較する文書を選んでください
compare-none-how = 取引を開き、文書を 2 つ選んでください。
compare-same = 異なる項目はありません
compare-differ = { $all } 項目中 { $n } 項目が異なるか、片方の文書にしかありません
compare-caption = { $n } 項目
compare-field = 項目
compare-is-same = 一致
compare-is-different = 相違
compare-is-alone = 片方のみ
codes-title = コード変換
codes-lead = 相手機関ごとの、当機関コードと相手機関コードの対応表です。文書を作成するときに置き換え、送信前に表示します。
codes-which = 相手機関を選んでください
codes-which-how = 対応表は相手機関ごとに分かれています。
codes-caption = コード { $n } 件
codes-none = 対応表はまだありません
codes-none-how = kind, ours, theirs の列を持つファイルを取り込んでください。
codes-import = 取込み
codes-import-do = この内容で対応表を置き換える
codes-file = ファイル
codes-file-hint = kind（hs、unlocode、unit、party）、ours、theirs の列を持つ CSV。{ $size } まで。
codes-imported = 対応表を更新しました。これから作成する文書に適用します。
codes-export = CSVで出力

## The broker’s desk

rejects-title = 差戻し一覧
rejects-lead = 相手機関や税関から差し戻された文書、届かなかった文書のうち、まだ訂正が済んでいないものです。訂正に回答が届くと一覧から消えます。
rejects-caption = 差し戻された文書（送信の新しい順）
rejects-cause = 差戻しの区分
rejects-says = 理由
rejects-when = 差戻し日時
rejects-any = すべて
rejects-none = 差戻しはありません
rejects-none-how = 相手機関や税関から差し戻された文書が、理由とともにここに表示されます。
rejects-none-such = 条件に合う差戻しはありません
rejects-none-such-how = ほかの相手機関・区分には差戻しがあるかもしれません。
rejects-more-lines = ほか { $n } 行
rejects-open = 要訂正
rejects-amended = 訂正済み・回答待ち
rejects-amendment = 訂正した文書
rejects-answer = 差戻しの回答
rejects-not-in-queue = この文書は差戻し一覧にはありませんが、訂正して送信できます。
rejects-amended-already = すでに訂正を送信しており、回答を待っています。
cause-contrl = 読取り不可（CONTRL）
cause-aperak = 業務エラー（APERAK）
cause-cusres = 税関（CUSRES）
cause-refused = 相手機関のノードが拒否
cause-undelivered = 未達
amend-title = 訂正して再送信 { $number }
amend-look = 訂正内容の確認 { $number }
amend-lead = 差し戻された内容を訂正し、処理区分を選び、確認して送信します。
amend-as-legend = 処理区分
amend-as = 処理区分（BGM 1225）
amend-as-original = 新規（9）
amend-as-original-hint = 相手機関に受け付けられていない場合。読み取れなかった、または届かなかったとき。
amend-as-replacement = 差替え（5）
amend-as-replacement-hint = 相手機関が受け取ったうえで内容を差し戻した場合。前の電文と置き換えます。
amend-as-cancellation = 取消し（1）
amend-as-cancellation-hint = 前の電文を取り消し、代わりは送りません。
amend-would-lose = この電文にはフォームに入らない内容があります。下の内容は送信されません。テキストで訂正してください。
amend-no-form = この交換データに合うフォームがないため、テキストで訂正します。
amend-text = テキスト
amend-text-hint = 1 行に 1 セグメント。参照番号、日時、件数は送信時に付け直します。
amend-positions = エラーの位置
amend-positions-caption = 送信した内容について、このノードで見つかったもの
amend-line = 行
amend-segment = セグメント
amend-goes-as = 処理区分：{ $what }
amend-send = 訂正を送信する
amends = 訂正：{ $what }
trade-codes-imported = { $partner } のコード { $number } 件を、これから適用します。

## 協定：作成、確認、副署

flow-open = 各機関の設定による
flow-open-hint = 本番かテストか、テスト電文を受け付けるかを、各機関がそれぞれ設定します。
flow-production = 本番（テスト不可）
flow-production-hint = やり取りするものは本番として扱います。テスト電文 (UNB 0035) は CONTRL「テスト表示は使用不可」(25) で拒否します。
flow-both = 本番（テスト可）
flow-both-hint = やり取りするものは本番として扱います。テスト電文 (UNB 0035) も受け付けて明示し、統計には含めません。
flow-test = テスト
flow-test-hint = この協定によりやり取りするものは、電文の表示にかかわらず、すべてテストとして扱います。
agreement-flow = 本番・テストの別
agreement-terms = 協定の内容
agreement-answers = 回答の期限
agreement-no-answers = 定めなし
agreement-pending = 記録証明の保留期限
agreement-hours = { $n } 時間
agreement-book = 当機関の記録
agreement-recorded = 記録日時
agreement-digest = 署名された本文の SHA-256
agreement-id = 識別子
agreement-file = 署名済みの協定書をダウンロード
agreement-proposed = 協定書を作成し、当機関が署名しました
agreement-proposed-next = ダウンロードして相手機関に渡してください。相手機関が署名して返送されるまで、この協定による送受信はできません。
agreement-signed = 双方の署名がそろいました
agreement-signed-next = ダウンロードして相手機関に返送してください。相手機関でも効力が生じます。
desk-agreed-flow = 協定の定め
accept-title = 協定書を取り込む
accept-lead = 相手機関が署名した協定書、または当機関の協定書に相手機関が署名したものを選びます。署名の前に内容を確認できます。
accept-file = 相手機関が署名した協定書
accept-file-hint = corridor/agreement/v1 で始まるテキストファイル（256 KiB まで）。
accept-read = 内容を確認する
accept-look = 協定の内容の確認
accept-question = まだ署名していません
accept-question-how = 内容を確認してください。署名すると、相手機関の署名を検証したうえで当機関の署名を加え、協定は定められた期間、効力を持ちます。
accept-sign = 当機関として署名する
propose-title = 協定書を作成する
propose-with = { $partner } との協定
propose-lead = 送受信できる文書、本番・テストの別、回答の期限を定めます。まず当機関が署名し、相手機関も署名すると効力が生じます。
propose-do = 当機関として署名する
propose-what = 送受信できる文書
propose-purpose-en = 目的（英語）
propose-purpose-ja = 目的（日本語）
propose-purpose-ko = 目的（韓国語）
propose-kinds = 文書の種類
propose-kinds-hint = 貿易の EDI 電文は edifact。複数の場合はコンマで区切ります。
propose-direction = 送信できる機関
propose-direction-both = 双方
propose-direction-out = 当機関
propose-direction-in = 相手機関
propose-size = 文書の最大の大きさ
propose-days = 有効日数
propose-pending = 記録証明の保留期限（時間）
propose-pending-hint = 空欄の場合は 72 時間。超えると新たな送受信を始めません。
propose-flow = 本番・テストの別
propose-answers-how = 期限までに回答の電文が届かない場合は元の電文を再送し、それでも届かなければ担当者に知らせます。空欄の行は定めなしとします。
propose-answer = 回答 { $n }
propose-message = 送信する電文
propose-by = 回答の電文
propose-time = 期限
propose-unit = 期限の単位
propose-unit-m = 分
propose-unit-h = 時間
propose-unit-d = 日
propose-resend = 再送の回数
propose-add = 回答を追加する
propose-content = 電文の内容の審査
propose-aperak = APERAK で回答する電文
propose-aperak-hint = 例：CUSCAR, CUSDEC。内容の誤りを CONTRL ではなく APERAK で回答します。空欄の場合は CONTRL で回答します。
propose-codes = ディレクトリにないコードも誤りとする
propose-wrong-purpose = 少なくとも一つの言語で目的を入力してください
propose-wrong-kinds = edifact のように小文字で入力してください
propose-wrong-days = 1 から 36500 までの日数を入力してください
propose-wrong-pending = 1 から 744 までの時間数を入力してください
propose-wrong-answer = CUSCAR、CUSRES のような電文の種類を二つと、31 日以内の期限、10 回以内の再送回数を入力してください
propose-wrong-aperak = CUSCAR のような電文の種類を入力してください。CONTRL と APERAK は回答の電文です

## Codes of partners, beside ours

form-ours = 当方のコード：{ $code }
trade-code = { $place }：相手機関の { $theirs } は当方の { $ours }

## Objects in interchanges

tree-object = 長さを宣言したオブジェクト

## 訂正：電文ごと

amend-message = 電文 { $n } / { $all }
amend-message-to = 電文 { $n } へ：{ $kind } { $number }
amend-alone = この電文だけを送る
amend-alone-hint = 他の電文を相手機関がすでに受け付けている場合に選びます。選ばない場合は、ここに示すとおりすべての電文を送り直します。
amend-no-form-message = この電文に合う様式がありません。そのまま送るか、テキストとして訂正してください。

## Mappings of one's own

form-mapping = 表示に使うマッピング
make-own = 独自のマッピング
