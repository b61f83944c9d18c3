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
title-acknowledgement = 署名された受領通知:
title-answers = この文書への回答:
title-anchors = 信頼リストの発行元
title-successions = 終了したログ
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
field-display = 利用者名
field-language = 言語
field-roles = 役割
field-factors = サインイン方法
field-signed_in = 最終サインイン
field-disabled = 無効化日時
field-department = 部署
field-link = サインイン用リンク
field-method = サインイン方法
field-agent = ブラウザー
field-seen = 最終利用
field-ends = 終了期限
field-kinds = 文書種別
field-partners = 相手機関
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
field-mapping = マッピング
field-message = メッセージ
field-title = 用途
field-guide = ガイド
field-directory = ディレクトリ
field-association = UNHでの名称
field-messages = メッセージ数
field-segments = セグメント
field-codes = コード
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
field-entries = 項目数
field-waiting = 記録待ち
field-copied = ミラー保管済み
field-void_after = 失効の境界（リーフ）
field-covered = 両国の連署済み
field-pending_since = 連署待ちの開始
field-expects = 回答の期限
field-aperak = APERAK で回答
field-flow = 本番・テストの別
field-answer = 回答
field-promised = 期限
field-again = 再送回数
field-tiles = 照合したタイル
field-checkpoints = 照合したチェックポイント
field-difference = 最初の相違
field-tree = 木の大きさ
field-root = ルート
field-hashes = 証明
field-cosigned = 連署済みの大きさ
field-broken = 違反
field-promise = 約束
field-to = 新しい号
field-failures = 連続失敗
field-last_error = 直近のエラー
field-subject = 対象者
field-documents = 文書数
field-complete = 全相手機関が確認
field-confirmed = 確認日時
field-by = 実行者
field-personal = 個人に関するもの
field-reader = 閲覧に使用

## Words

word-sending = 送信中
word-delivered = 配信済み
word-refused = 拒否
word-failed = 中断
word-receiving = 受信中
word-received = 受信済み
word-erased = 消去済み
word-proposed = 提案中
word-concluded = 締結
word-ended = 終了
word-open = 受付中
word-held = 復元後停止中
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
word-waiting = 回答待ち
word-overdue = 期限超過
word-answered = 回答済み
word-void = 待機終了

## Commands

init-done = 準備ができました。設定ファイル: { $config }。データ: { $data }。
init-next = 次に、DID ドキュメント（`corridor key document`）を自国の信頼リストの発行機関に渡し、設定ファイルにその発行元を記入してから、`corridor serve` で起動してください。
serve-ready = 起動しました。相手機関向け: { $public }。API: { $api }。
serve-stopping = 停止します。受け付けた処理を終えています。
send-progress = 送信 { $done } / { $size }
send-waiting = 相手機関の受領通知を待っています
send-queued = 受け付けました。受領通知が届くまで相手機関に送り続けます。
send-delivered = 相手機関が受領を確認しました。
send-late = まだ受領通知がありません。送信は続いています。`corridor outbox show` で確認してください。
erase-late = このノードでは消去しました。時間内に確認が届いていない相手機関があり、届くまで要求を続けます。未確認の相手機関は `corridor subject erasures ID` で確認できます。
read-progress = 読み取り { $done } / { $size }
read-done = { $path } に書き込みました（{ $size }）。送信者が署名した内容と一致しています。
token-once = トークンはここで保管してください。再表示はできません。
token-revoked = トークン { $id } を無効にしました。
user-disabled = アカウント { $name } を無効にし、セッションをすべて終了しました。
user-enabled = アカウント { $name } で再びサインインできるようにしました。
user-no-password = アカウント { $name } のパスワードを削除しました。サインイン用リンクを発行してください: corridor user link { $name }
user-no-second-factor = アカウント { $name } の二要素認証の設定を削除しました。サインイン用リンクを発行してください: corridor user link { $name }
user-signed-out = { $name } のセッションをすべて終了しました。
user-link-once = このリンクは 1 回だけ有効です。本人に直接渡し、他の人には渡さないでください。
department-removed = 部署 { $id } を削除しました。この部署の担当者とトークンからは、以後何も参照できません。
key-rotated = これまでの鍵が引き続き使われます。新しい DID ドキュメントを信頼リストの発行機関に渡してください。リストに載ると新しい鍵に切り替わります。
partner-answers = 相手機関から応答があり、鍵は信頼リストと一致しています。
agreement-proposed = こちらの署名をしました。{ $path } を相手機関に渡してください。相手機関が署名して戻ると有効になります。
backup-done = バックアップを作成しました: { $path }（ファイルの文書 { $found } 件）。鍵を含むため、ノードと同じように厳重に保管してください。
backup-keys = 鍵台帳を書き出しました: { $path }。以前の台帳は置き換えられます。バックアップとは別に保管し、古い写しは残さないでください。破棄された鍵は、どこにも残っていてはなりません。
backup-progress = { $what }: { $done }
restore-done = { $at } 時点の内容を { $path } に復元しました。
restore-without-keys = 鍵台帳なしで復元しました。個人に関するデータはありますが、開くことができません。鍵も復元するには、空のノードに対して `corridor restore --subject-keys FILE` を実行してください。

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
change-second-key = ~ { $who } のノードの連署の第二の鍵が { $before } から { $after } に変更
change-ledger-address = ~ { $who } のノードのログ、証人またはミラーのアドレスが { $before } から { $after } に変更
change-key-void = ! 鍵 { $key } はログ { $log } のリーフ { $leaf } より後では無効
change-log-succeeded = ! ログ { $origin } がリーフ { $size } 件で終了し、{ $successor } が承継
change-anchor-witness-added = + 発行機関の証人 { $name }（{ $key }）を追加、アドレス { $url }
change-anchor-witness-replaced = ~ 発行機関の証人 { $name } の連署の鍵が { $before } から { $after } に変更
change-anchor-witness-address = ~ 発行機関の証人 { $name } のアドレスが { $before } から { $after } に変更
change-anchor-witness-dropped = - 発行機関の証人 { $name } を除外

## Doctor

doctor-config = 設定は正しく読み取れます。
doctor-directory = データディレクトリはこのユーザーの所有で、ほかのユーザーには閉じています。
doctor-keys = 鍵のファイルはほかのユーザーに閉じています。
doctor-secret = クライアントシークレットのファイルはほかのユーザーに閉じています。
doctor-sign-on = シングルサインオンの認証プロバイダーは応答し、設定どおりの名称で、鍵を公開しています。
doctor-space = 空き容量は十分です。
doctor-database = データベースは応答し、想定どおりの形式です。
doctor-certificate = 証明書は有効です。
doctor-trust = 信頼リストは有効です。
doctor-listed = 信頼リストには、この参加機関と現在の署名鍵が載っています。
doctor-outbox = 配信を中断した文書はありません。
doctor-partner = 応答があり、鍵は信頼リストと一致しています。
doctor-erasures = 1 日以上前の消去は、要求したすべての相手機関が確認しています。
# args: partner, found, at, id
doctor-erasure-unconfirmed = { $partner } が個人データの消去 { $found } 件を確認していません。最も古いものは { $at } の { $id } です。
    .remedy = `corridor partner test` で接続を確かめてください。接続に問題がなければ、先方の担当者に消去番号を伝えて確認してください。状況は `corridor subject erasures ID` で確認できます。要求は続けています。
doctor-ends = 信頼リストに載っている鍵は、30 日以内に期限を迎えません。
# args: at
doctor-keys-end = 信頼リストに載っている鍵は { $at } に期限が切れます。その後、この参加機関からのものは受け付けられません。
    .remedy = `corridor key rotate` で次の鍵を作り、DID ドキュメント（`corridor key document`）を信頼リストの発行機関に渡し、新しいリストを取り込んでください。
doctor-partner-ends = 相手機関の鍵と、確認済みの証明書に、30 日以内に期限を迎えるものはありません。
# args: at
doctor-partner-keys-end = 相手機関の鍵は { $at } に期限が切れます。その後は、どちらの方向にも送受信できません。
    .remedy = 早めに次の鍵の発行を相手機関に依頼してください。新しい鍵は、その国の信頼リストとともに届きます。
# args: at
doctor-partner-certificate-ends = 相手機関のノードの証明書は { $at } に期限が切れます。その後は接続できません。
    .remedy = 相手機関の担当者に知らせてください。更新後は `corridor partner test` で新しい証明書を確認できます。
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
doctor-ledger-unlisted = 信頼リストに載っているログと証人が、このノードのものと一致しません。記録証明が認められません。
    .remedy = DID ドキュメント（`corridor key document`）を信頼リストの発行機関に渡し、新しいリストを取り込んでください。
doctor-no-witness = { $country } には、当方のログに連署できる証人が信頼リストに載っていません。記録証明は未完成のままになります。
    .remedy = その国の発行機関に証人の掲載（`corridor trust add-witness`）を依頼し、新しいリストを取り込んでください。
doctor-alarms = 自らと矛盾したログは見つかっていません。
doctor-split-view = このログは、互いに矛盾する二つの履歴を示しました（{ $at } に検出）。解明されるまで、このログの記録証明は証拠になりません。
    .remedy = `corridor log alarms --id { $id } --output FILE` で証拠を書き出し、`corridor verify FILE --policy POLICY` で確認したうえで、そのログを掲載している発行機関に確実な連絡手段で渡してください。
doctor-copies = 証人が連署したログの内容は、すべてミラーにも保管されています。
doctor-no-mirror = 当方のログのミラーがありません。このディスクが失われると、最後のバックアップより後の記録も失われます。
    .remedy = 両国の信頼リストを取り込んでください。また、証人を `--mirror` を付けて運用し、リストに掲載する（`corridor trust add-witness … --mirror URL`）よう発行機関に依頼してください。
doctor-uncopied = 連署済みの記録のうち { $found } 件は、ミラーに接続できないため、まだどのミラーにも保管されていません: { $why }
    .remedy = ミラーへの接続を回復してください。それまではこのディスクを廃棄しないでください。これらの記録がなければ、ログを継続できません。
trust-succeeded = ログ { $what } はリーフ { $size } 件で終了し、{ $found } が承継します。新しいリストを、まずこのログのノードに、続いてすべてのノードに渡してください。
witness-ready = 起動しました。{ $name } が { $at } で連署します。
log-checking = ログを検査しています

## EDIFACT ファイルとディレクトリ

trade-accepted = 受理: メッセージ { $messages } 件（うちディレクトリまたはガイドと照合 { $checked } 件）、警告 { $warnings } 件。
trade-partly-rejected = 一部差戻し: メッセージ { $messages } 件（うちディレクトリまたはガイドと照合 { $checked } 件）、エラー { $errors } 件、警告 { $warnings } 件。
trade-rejected = 差戻し: メッセージ { $messages } 件（うちディレクトリまたはガイドと照合 { $checked } 件）、エラー { $errors } 件、警告 { $warnings } 件。
trade-unreadable = 交換データとして読み取れません: メッセージ { $messages } 件（うち照合 { $checked } 件）、エラー { $errors } 件、警告 { $warnings } 件。
trade-loss = { $what }
trade-losses-more = このほかに { $number } 件あります。
trade-guide-added = { $message } のガイド「{ $name }」を、これから適用します。
trade-guide-removed = ガイド「{ $name }」の適用をやめました。
trade-directory-added = ディレクトリ { $name }（メッセージ { $messages } 件）を登録しました。zip に含まれる使用許諾条件に従ってください。
trade-directory-odd = 不自然な箇所があり、意図を推定して読み取りました: { $what }
trade-directory-collision = この行の後のセグメントは 2 つの行に該当し得ます。先の行として扱います: { $what }

## Mappings

field-doubt = 備考

trade-evidence-done = { $path } に書き出しました。corridor verify で検証できます。
doctor-hub = ハブと共有するフォルダーを使えます。
doctor-hub-refused = ハブのフォルダーで送信できなかったファイルが { $number } 件あります。
    .remedy = { $path }/refused の .txt で理由を確認し、ファイルを直して out/ に置き直してから、元のファイルを削除してください。

## Customs

field-case = 案件
field-risk = リスク
field-port = 港・官署
field-party = 荷受人
field-rule = 基準
field-switched-on = 適用中の版
field-asks = 対応
field-against = 対象
field-hits = 該当
field-undecided = 審査待ち
field-then-released = うち許可
field-then-stopped = うち許可以外
field-then-held = うち保留
field-then-inspected = うち検査指定
field-then-refused = うち差戻し
field-mode = 運用区分
field-tests = テスト電文
field-sent-of-late = 30 日間の送信
field-received-of-late = 30 日間の受信
field-tests-of-late = 30 日間のテスト
field-took-to-acknowledge = 受領通知まで（中央値 / p95）
field-took-to-answer = 応答まで（中央値 / p95）
field-signed = 署名者
field-refused = 拒否
field-why = 原因

## 復元の後

# args: partner, at
doctor-lacking = このノードは復元されましたが、{ $at } 以降に授受した文書について、{ $partner } からまだ回答がありません。不足している文書がある可能性があります。
    .remedy = 相手機関のノードに接続できるようにしてください。照会は自動的に繰り返されます。
doctor-raw-held = このノードは復元されました。バックアップ以降にログ { $what } が何を公開していたかは、確かめられません。このログは手元の内容を公開するだけで、追加の受付も署名も行いません。
    .remedy = ledger.raw に別の名前のログを追加し、登録する人にその宛先を知らせてください。新しいログには固有の識別名と鍵があります。{ $what } は、閲覧が必要な間は一覧に残してください。失われた部分は、このログを読んでいた人が保管しているかもしれません。

## Mappings of one's own

trade-mapping-added = { $message } のマッピング「{ $name }」を、これから使用します。
trade-mapping-removed = マッピング「{ $name }」の使用をやめました。

field-url = URL
field-issuer = 発行者
field-successor = 承継するログ
field-ours = 自機関のコード
field-theirs = 相手機関のコード
field-checkpoint_root = チェックポイント上のルート
field-receipt_state = 状態
