# コマンドが表示する文面です。引数の説明は en/cli.ftl にあります。

## Configuration
config-file-head = Corridor ノードの設定ファイルです。`corridor config` で各設定の意味と現在の値を確認できます。
config-default = 既定値: { $value }
config-variable = 環境変数: { $name }
config-in-force = 現在の値: { $value }（{ $origin }）

## Answers

none = 該当するものはありません。
more = 続きがあります。次の値を指定してください: { $value }
yes = はい
no = いいえ
title-envelope = 署名された送付状:
title-acknowledgement = 署名された受領確認:
title-answers = この文書への回答:
title-anchors = 信頼リストの発行元
title-lists = 信頼リスト
title-recognitions = 相互承認

## Fields

field-id = ID
field-partner = 相手機関
field-kind = 種類
field-size = バイト数
field-state = 状態
field-name = 名前
field-sha256 = SHA-256
field-agreement = 協定
field-answers = 回答先
field-created = 作成日時
field-updated = 更新日時
field-problem = 問題
field-time = 日時
field-type = 行為
field-fields = 内容
field-version = バージョン
field-verified = 検証済み
field-bytes = 確定したバイト列
field-did = DID
field-country = 国
field-agreements = 協定数
field-agreed = 協定
field-endpoint = アドレス
field-removed = 除外日時
field-list = リスト番号
field-public = 公開鍵
field-from = 開始
field-until = 終了
field-purpose = 目的
field-standing = 状態
field-in_force = 有効
field-digest = ハッシュ値
field-role = 役割
field-label = 呼び名
field-expires = 有効期限
field-revoked = 取消日時
field-secret = トークン
field-key = 鍵
field-token_file = トークンのファイル
field-number = 番号
field-participants = 参加機関数
field-issued = 発行日時
field-closes = 使用停止
field-anchor = 発行元
field-path = ファイル
field-countries = 国
field-accepted = 受入日時
field-address = アドレス
field-millis = ミリ秒
field-clock_ahead = 時計の進み（秒）
field-envelope = 送付状
field-reference = 参照番号
field-messages = メッセージ数
field-verdict = 判定
field-remarks = 備考
field-act = 記録
field-at = 時点
field-valid = 有効
field-log = ログ
field-witness = 証人
field-witnesses = 証人
field-origin = オリジン
field-leaves = ログの行為数
field-waiting = 記録待ち
field-covered = 両国の連署済み
field-pending_since = 連署待ちの開始
field-tiles = 照合したタイル
field-checkpoints = 照合したチェックポイント
field-difference = 最初の相違
field-tree = 木の大きさ
field-root = ルート
field-hashes = 証明
field-cosigned = 連署済みの大きさ
field-failures = 連続失敗
field-last_error = 直近のエラー

## Words

word-sending = 送信中
word-delivered = 配信済み
word-refused = 拒否
word-failed = 中断
word-receiving = 受信中
word-received = 受信済み
word-proposed = 提案中
word-concluded = 締結
word-ended = 終了
word-in-force = 有効
word-grace = 期限切れ（猶予中）
word-closed = 期限切れ
word-unrecognised = 承認なし
word-retired = 引退
word-current = 使用中
word-pending = 信頼リスト待ち
word-officer = 担当者
word-auditor = 監査人
word-operator = 運用担当者
word-administrator = 管理者
word-good = 正常
word-warning = 注意
word-wrong = 異常

## Commands

init-done = 準備ができました。設定ファイル: { $config }。データ: { $data }。
init-next = 次に、DID ドキュメント（`corridor key document`）を自国の信頼リストの発行機関に渡し、設定ファイルにその発行元を記入してから、`corridor serve` で起動してください。
serve-ready = 起動しました。相手機関向け: { $public }。API: { $api }。
serve-stopping = 停止します。受け付けた処理を終えています。
send-progress = 送信 { $done } / { $size }
send-waiting = 相手機関の受領確認を待っています
send-queued = 受け付けました。受領確認が届くまで相手機関に送り続けます。
send-delivered = 相手機関が受領を確認しました。
send-late = まだ受領確認がありません。送信は続いています。`corridor outbox show` で確認してください。
read-progress = 読み取り { $done } / { $size }
read-done = { $path } に書き込みました（{ $size }）。送信者が署名した内容と一致しています。
token-once = トークンはここで保管してください。再表示はできません。
token-revoked = トークン { $id } を無効にしました。
key-rotated = これまでの鍵が引き続き使われます。新しい DID ドキュメントを信頼リストの発行機関に渡してください。リストに載ると新しい鍵に切り替わります。
partner-answers = 相手機関から応答があり、鍵は信頼リストと一致しています。
agreement-proposed = こちらの署名をしました。{ $path } を相手機関に渡してください。相手機関が署名して戻ると有効になります。
backup-done = バックアップを作成しました: { $path }（ファイルの文書 { $found } 件）。鍵を含むため、ノードと同じように厳重に保管してください。
backup-progress = { $what }: { $done }
restore-done = { $at } 時点の内容を { $path } に復元しました。

## Trust

trust-list-in-use = { $country } の信頼リスト { $list } 号を使用しています。
trust-recognition-in-use = 相互承認（{ $country }）を受け入れました。
trust-held = すでに取り込まれています。変更はありません。
trust-offered = 相互承認を申し出ました。このファイルを相手国の発行機関に渡してください。相手国が副署すると有効になります。
trust-countersigned = 両国の署名がそろいました。このファイルを両国のノードに渡し、`corridor trust import` で取り込んでください。
change-admitted = + { $who }（{ $name }）を追加、アドレス { $endpoint }
change-removed = - { $who } を { $at } 以降除外
change-readmitted = + { $who } を再び追加
change-dropped = ! { $who } がリストから消えています（除外の記録もありません）。発行機関に理由を確認してください
change-key-added = + 鍵 { $key }（{ $from } から有効）
change-key-ended = - 鍵 { $key }（{ $until } まで有効）
change-key-revived = ! 鍵 { $key } の終了が取り消されています。発行機関に理由を確認してください
change-key-replaced = ! 鍵の名前 { $key } の中身が { $before } から { $after } に変わっています。発行機関に理由を確認してください
change-key-dropped = ! 鍵 { $key } がリストから消えています。発行機関に理由を確認してください
change-endpoint = ~ { $who } のアドレスが { $before } から { $after } に変更
change-name = ~ { $who } の名称が { $before } から { $after } に変更
change-expiry = ~ 有効期限が { $before } から { $after } に変更
change-grace = ~ 猶予が { $before } 時間から { $after } 時間に変更
change-log-added = + { $who } のノードがログ { $log } を保持し、{ $witness } で連署
change-log-replaced = ! { $who } のノードのログの鍵が { $before } から { $after } に変わっています。発行機関に理由を確認してください
change-log-dropped = ! { $who } のノードのログ { $log } がリストから消えています。発行機関に理由を確認してください
change-witness-replaced = ~ { $who } のノードの連署の鍵が { $before } から { $after } に変更
change-ledger-address = ~ { $who } のノードのログ、証人またはミラーのアドレスが { $before } から { $after } に変更
change-anchor-witness-added = + 発行機関の証人 { $name }（{ $key }）を追加、アドレス { $url }
change-anchor-witness-replaced = ~ 発行機関の証人 { $name } の連署の鍵が { $before } から { $after } に変更
change-anchor-witness-address = ~ 発行機関の証人 { $name } のアドレスが { $before } から { $after } に変更
change-anchor-witness-dropped = - 発行機関の証人 { $name } を除外

## Doctor

doctor-config = 設定は正しく読み取れます。
doctor-directory = データディレクトリはこのユーザーの所有で、ほかのユーザーには閉じています。
doctor-keys = 鍵のファイルはほかのユーザーに閉じています。
doctor-space = 空き容量は十分です。
doctor-database = データベースは応答し、想定どおりの形式です。
doctor-certificate = 証明書は有効です。
doctor-trust = 信頼リストは有効です。
doctor-listed = 信頼リストには、この参加機関と現在の署名鍵が載っています。
doctor-outbox = 配信を中断した文書はありません。
doctor-partner = 応答があり、鍵は信頼リストと一致しています。
doctor-ledger = 信頼リストには、このノードのログと証人が載っています。
doctor-witnesses = この国の証人が当方のログに連署できます。
doctor-space-little = 空き容量が { $found } MiB しかありません。
    .remedy = 文書を受け付けられなくなる前に、空きを作るか容量を増やしてください。
doctor-certificate-ends = 証明書は { $at } に期限が切れます。
    .remedy = ファイルを差し替えてください。再起動なしで反映されます。
doctor-no-anchor = 設定に信頼リストの発行元がありません。どの機関も信頼されません。
    .remedy = 自国の信頼リストの発行機関から発行元の検証鍵を入手し、trust.anchors に記入してください。
doctor-list-grace = { $country } の信頼リスト { $list } 号は { $at } に期限が切れました。{ $limit } までは引き続き使われます。
    .remedy = 発行機関から最新のリストを入手し、`corridor trust import` で取り込んでください。
doctor-recognition-ends = { $country } との相互承認は { $at } に終了します。
    .remedy = 自国の信頼リストの発行機関に、相手国との更新を依頼してください。
doctor-named-twice = { $who } が複数の国の信頼リストに載っています: { $country }
    .remedy = それぞれの発行機関に、どちらが正しいか確認してください。
doctor-two-lists = { $country } の発行元が、{ $list } 号として異なる 2 つのリストに署名しています。
    .remedy = 発行機関に電話など確実な手段で報告してください。先に受け入れたリストが引き続き使われます。
doctor-did-elsewhere = DID は { $found } を指していますが、このノードの公開アドレスは { $address } です。
    .remedy = DID ドキュメントが両方で公開されるようにするか、public.url を修正してください。
doctor-dead-letters = 配信を中断したものが { $found } 件あります。
    .remedy = `corridor outbox list --state failed` で確認し、`corridor outbox resend` で再送してください。
doctor-clock = 相手機関の時計は、こちらより { $skew } 秒進んでいます。
    .remedy = 時刻サーバー（NTP）で時計を合わせてください。こちらが正しい場合は相手機関に伝えてください。
doctor-ledger-unlisted = 信頼リストに載っているログと証人が、このノードのものと一致しません。受領証が認められません。
    .remedy = DID ドキュメント（`corridor key document`）を信頼リストの発行機関に渡し、新しいリストを取り込んでください。
doctor-no-witness = { $country } には、当方のログに連署できる証人が信頼リストに載っていません。受領証は未完成のままになります。
    .remedy = その国の発行機関に証人の掲載（`corridor trust add-witness`）を依頼し、新しいリストを取り込んでください。
witness-ready = 起動しました。{ $name } が { $at } で連署します。
log-checking = ログを検査しています
