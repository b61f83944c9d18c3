# エラー一覧（ground/base/src/problem.rs）の文面です。引数の説明は en/errors.ftl にあります。
#
# 用語: participant 参加機関、partner 相手機関、trust list 信頼リスト、agreement 協定、
# envelope 送付状、key 鍵、signature 署名、digest ハッシュ値、recognition 相互承認、node ノード。

## 入力の形式

malformed = 入力を読み取れません
    .detail = 「{ $what }」として正しくありません: { $why }
    .remedy = 入力を修正して、もう一度送信してください。プログラムが作成したものであれば、その保守担当者にこのメッセージを伝えてください。

too-large = 大きすぎます
    .detail = 「{ $what }」が上限（{ $limit }）を超えています。
    .remedy = 分割して送信するか、受け付けなかったノードの運用担当者に上限の引き上げを依頼してください。設定できる上限は `corridor config` で確認できます。

not-found = 見つかりません
    .detail = 該当するものがありません: { $what }
    .remedy = 名称の表記と、どの参加機関として操作しているかを確認してください。

method-not-allowed = このメソッドは使えません
    .detail = このアドレスではメソッド { $what } を使えません。
    .remedy = 使えるメソッドは API の仕様（`corridor openapi`）で確認してください。

unknown-version = 対応していないバージョンです
    .detail = 「{ $what }」のバージョン { $found } には対応していません。対応バージョン: { $expected }
    .remedy = 両ノードのうち古い方を更新してください。隣り合うバージョン同士は通信できるため、双方が同じ日に更新する必要はありません。

## 認証

unauthenticated = サインインが必要です
    .detail = リクエストに有効なサインイン情報または API トークンがありません。
    .remedy = サインインするか、有効な API トークンを付けて送信してください。トークンは期限切れや取消しになることがあります。その場合はノードの管理者に再発行を依頼してください。

forbidden = 権限がありません
    .detail = 現在の権限ではこの操作を行えません: { $what }
    .remedy = ノードの管理者に操作を依頼するか、必要な権限の付与を依頼してください。

signature-missing = 署名がありません
    .detail = 「{ $what }」に署名がありません。
    .remedy = 自国の信頼リストに登録された鍵で署名してください。両ノードの間にプロキシがある場合は、ヘッダーを変更せずに中継しているか確認してください。

signature-invalid = 署名が一致しません
    .detail = 「{ $what }」に付いた { $who } の署名が内容と一致しません。鍵: { $key }
    .remedy = 途中で改変されたか、別の鍵で署名されたものです。内容を使用せず、送信者に再送を依頼してください。繰り返す場合は `corridor partner show` で双方の鍵を照合してください。

clock-skew = 時刻がずれています
    .detail = リクエストの署名時刻は { $at } で、このノードの時計と { $skew } 秒ずれています。許容範囲は { $limit } 秒以内です。
    .remedy = 双方のコンピューターの時計をタイムサーバー（NTP）に合わせてから、もう一度送信してください。時計のずれは `corridor doctor` で確認できます。

replayed = 使用済みのリクエストです
    .detail = { $who } のこの署名付きリクエストは、すでに受け付けています: { $id }
    .remedy = 送信のたびに新しいリクエストに署名してください。二重に送信した覚えがない場合は、第三者が記録して再送した可能性があります。双方のノードの運用担当者に連絡してください。

participant-unknown = 登録のない参加機関です
    .detail = このノードが保持する信頼リストに { $who } は載っていません。
    .remedy = 識別子を確認してください。正しい場合は、その国の最新の信頼リストを入手し、`corridor trust import` で取り込んでください。

participant-removed = 除名された参加機関です
    .detail = { $who } は、所属国の信頼リスト第 { $list } 号で除名されています。
    .remedy = この参加機関とのやり取りを行わないでください。除名が誤りと思われる場合は、信頼リストの発行機関に問い合わせてください。

key-unknown = 登録のない鍵です
    .detail = このノードが保持する信頼リストに、この鍵は載っていません: { $key }
    .remedy = 新しい鍵であれば、その国の最新の信頼リストを入手し、`corridor trust import` で取り込んでください。そうでなければ、どの鍵を使用しているかを参加機関に確認してください。

key-not-valid = その時点で有効な鍵ではありません
    .detail = この鍵は { $at } の時点で有効ではありません: { $key }
    .remedy = 署名者が現在の鍵で署名し直す必要があります。鍵が更新されたばかりの場合は、`corridor trust import` で最新の信頼リストを取り込んでください。

did-mismatch = 公開された鍵が信頼リストと異なります
    .detail = { $who } が公開している鍵は、所属国の信頼リストに登録された鍵と異なります。
    .remedy = 理由が判明するまで、この参加機関とのやり取りを行わないでください。電話など既知の連絡手段で鍵の変更の有無を確認し、変更されていた場合は `corridor trust import` で最新の信頼リストを取り込んでください。

## 信頼

trust-list-missing = 信頼リストがありません
    .detail = このノードには { $country } の信頼リストがありません。
    .remedy = 発行機関から信頼リストを入手し、`corridor trust import` で取り込んでください。

trust-list-expired = 信頼リストの有効期限が切れています
    .detail = { $country } の信頼リスト第 { $list } 号は { $at } に有効期限が切れました。
    .remedy = 発行機関から最新の信頼リストを入手し、`corridor trust import` で取り込んでください。それまで新規の受付は行いません。

trust-list-invalid = 信頼リストが正しくありません
    .detail = { $country } の信頼リストを受け付けられませんでした: { $why }
    .remedy = 発行機関から直接、信頼リストを入手し直してください。これまでの信頼リストは引き続き使用されます。

trust-list-old = 新しい信頼リストではありません
    .detail = { $country } の信頼リストは第 { $expected } 号を取り込み済みのため、第 { $found } 号に置き換えることはできません。
    .remedy = 最新の信頼リストを取り込み済みであれば、対応は不要です。そうでなければ、発行機関から最新のものを入手してください。同じ号で内容の異なる信頼リストがある場合は、発行機関に報告してください。

recognition-missing = 相互承認がありません
    .detail = { $country } との間に有効な相互承認がありません。
    .remedy = 両国の信頼リストの発行機関が、相互承認に署名する必要があります。署名の後、`corridor trust import` で最新の信頼リストを取り込んでください。

recognition-invalid = 相互承認が無効です
    .detail = { $country } との相互承認を受け入れませんでした: { $why }
    .remedy = 両国の信頼リストの発行機関が、同じ相互承認に署名する必要があります。自国の発行機関から直接入手し直してください。これまでに受け入れたものは引き続き使われます。

## 協定と利用条件

agreement-unknown = 該当する協定がありません
    .detail = このノードには、{ $who } との該当する協定がありません。
    .remedy = 締結済みの協定は `corridor partner show` で確認できます。協定がない場合は、先に協定を作成し、双方で署名してください。

agreement-invalid = 協定が正しくありません
    .detail = 協定 { $id } を受け付けられませんでした: { $why }
    .remedy = 協定を修正し、双方で署名し直してください。

agreement-altered = 協定が改変されています
    .detail = 協定 { $id } は、双方が署名した内容と異なります: { $why }
    .remedy = 署名済みの協定を使用してください。変更する場合は、新しい協定を作成し、双方で署名してください。

agreement-not-in-force = 協定が有効ではありません
    .detail = 協定 { $id } は現在有効ではありません: { $why }
    .remedy = 協定の期間と状態を `corridor partner show` で確認してください。終了している場合は、新しい協定を作成し、双方で署名してください。

policy-denied = 協定で認められていません
    .detail = 協定の利用条件では、この操作は認められていません: { $what }。該当する条件: { $why }
    .remedy = `corridor partner show` で利用条件を確認し、その範囲で行ってください。認める必要がある場合は、新しい協定に双方で署名してください。

## 送達

receipts-overdue = 受領証の連署が遅れています
    .detail = { $at } 以降の記録に、両国の連署がそろっていません。合意 { $id } で認められた猶予は { $limit } 時間で、連署がそろうまで新しい送受信は始められません。
    .remedy = `corridor log checkpoint` でどの証人が欠けているかを確かめ、接続を回復してください。受領証は自動で完成し、送受信も再開されます。

wrong-recipient = 受信者が違います
    .detail = このノードは { $who } 宛ての受信を行っていません。
    .remedy = 受信者と、登録された接続先を `corridor partner show` で確認してください。

envelope-conflict = 同じ番号で内容が異なります
    .detail = { $who } の送付状 { $id } は、別の内容ですでに受信しています。受信済みのハッシュ値: { $expected }、今回のハッシュ値: { $found }
    .remedy = 最初に受信したものが有効です。別の内容を送る場合は、`corridor send` で新しい送付状として送信してください。送信した覚えがない場合は、双方のノードの運用担当者に連絡してください。

offset-wrong = 再開位置が違います
    .detail = 先頭から { $expected } バイトの位置で再開する必要がありますが、{ $found } バイトの位置から送信されました。
    .remedy = 再開位置を問い合わせ、そこから送信してください。`corridor send` はこれを自動で行います。

content-mismatch = 内容が改変されています
    .detail = 送付状 { $id } について受信した内容が、送信者の署名したものと異なります。署名されたハッシュ値: { $expected }、受信した内容のハッシュ値: { $found }
    .remedy = 受信した内容は破棄しました。原本から送信し直してください。繰り返す場合は、回線と、両ノードの間にある機器を確認してください。

partner-unreachable = 相手機関に接続できません
    .detail = { $partner } に接続できません: { $why }
    .remedy = 送信内容は失われておらず、ノードが再送を続けます。長引く場合は `corridor partner test` で接続を確認し、相手機関に連絡してください。

partner-answer = 相手機関の応答を使用できません
    .detail = { $partner } からの応答を受け付けられませんでした: { $why }
    .remedy = `corridor partner test` で接続を確認してください。解決しない場合は、相手機関の運用担当者にこのメッセージを伝えてください。

address-refused = 接続が許可されていない宛先です
    .detail = このノードは { $address } に接続しません。内部ネットワークや自機の宛先への接続は、設定で指定したものに限られます。
    .remedy = 相手機関の接続先を `corridor partner show` で確認してください。内部ネットワークの宛先で正しい場合は、運用担当者が設定で指定する必要があります。`corridor config` を参照してください。

## ノード

overloaded = 混み合っています
    .detail = ノードの処理量が上限に達しているため、リクエストを受け付けませんでした。
    .remedy = しばらく待ってから、もう一度お試しください。ノード間の送達は自動で再送されます。

shutting-down = 停止処理中です
    .detail = ノードは停止処理中です。受付済みの処理を完了し、新規の受付は行いません。
    .remedy = ノードが再び起動してから、もう一度お試しください。

storage-full = 空き容量がありません
    .detail = 空き容量がないため保存できません: { $what }
    .remedy = 空き容量を確保し、`corridor doctor` で確認してください。書きかけのデータは残っておらず、受付済みのデータは保全されています。

storage-failed = データの読み書きに失敗しました
    .detail = ノードがデータを読み書きできませんでした: { $why }
    .remedy = ノードで `corridor doctor` を実行し、ディスクまたはデータベースを確認してください。保存できていないものを受付済みと応答することはありません。

storage-conflict = 同時に変更されました
    .detail = 同じデータへの変更が重なったため、変更を行いませんでした。
    .remedy = もう一度お試しください。頻繁に起きる場合は、ノードの運用担当者に伝えてください。

schema-unknown = 別のバージョンのデータです
    .detail = 「{ $what }」のデータのバージョンは { $found } です。このプログラムが対応するのは { $expected } までです。
    .remedy = データを書き込んだ新しいバージョンのプログラムを起動するか、対応するバックアップを `corridor restore` で復元してください。データには変更を加えていません。

schema-unverified = データの構造が想定と異なります
    .detail = 「{ $what }」の保存構造が、このバージョンの作成したものと異なります: { $why }
    .remedy = データベースを手作業で変更しないでください。バックアップを `corridor restore` で復元するか、このメッセージを添えてサポートに問い合わせてください。

directory-locked = データディレクトリは使用中です
    .detail = { $path } は別のプロセスが使用中です。
    .remedy = そのプロセスを停止するか、別のデータディレクトリを指定してください。二つのノードで共有することはできません。

directory-owner = データディレクトリの所有者が違います
    .detail = { $path } の所有者はユーザー { $found } ですが、ノードはユーザー { $expected } で動作しています。
    .remedy = ディレクトリの所有者でノードを実行するか、管理者権限の `chown -R` で所有者を変更してください。

file-mode = ファイルが他のユーザーに公開されています
    .detail = { $path } のアクセス権は { $found } ですが、{ $expected } でなければなりません。
    .remedy = `chmod` でアクセス権を変更してください。中の鍵を他者が読み取った可能性がある場合は、鍵を更新してください。

file-failed = ファイルを使用できません
    .detail = { $path } を読み書きできませんでした: { $why }
    .remedy = パスが存在すること、プログラムを実行するユーザーにアクセス権があることを確認してください。

port-taken = ポートは使用中です
    .detail = { $address } は別のプログラムが使用しています。
    .remedy = そのプログラムを停止するか、設定で別のポートを指定してください。`corridor config` を参照してください。

config-invalid = 設定値が正しくありません
    .detail = { $path } の { $line } 行目: { $key } の値を受け付けられません: { $why }
    .remedy = この行を修正してください。設定項目と値の説明は `corridor config` で確認できます。

config-unknown-key = 設定項目がありません
    .detail = { $path } の { $line } 行目: { $key } という設定項目はありません。最も近い名称は { $nearest } です。
    .remedy = この行を修正または削除してください。設定項目の一覧は `corridor config` で確認できます。

tls-invalid = 証明書または鍵を使用できません
    .detail = TLS のファイル { $path } を使用できません: { $why }
    .remedy = 証明書と鍵が対応していること、PEM 形式であること、有効期限内であることを確認してください。差し替えたファイルは再起動せずに反映されます。

backup-invalid = バックアップが正しくありません
    .detail = バックアップ { $path } を使用できません: { $why }
    .remedy = 別のバックアップを使用するか、`corridor backup` で新しく作成してください。復元は行っていません。

already-exists = すでに存在します
    .detail = すでに存在するため、変更しませんでした: { $what }
    .remedy = 別の名称を指定するか、既存のものを使用してください。

node-unreachable = ノードが応答しません
    .detail = { $address } のノードに接続できません: { $why }
    .remedy = ノードが動作しているか確認し、停止していれば `corridor serve` で起動してください。原因は `corridor doctor` で調べられます。

internal = プログラムの不具合です
    .detail = 想定外の事象が発生しました: { $why }
    .remedy = もう一度お試しください。解決しない場合は、このメッセージとノードのログを添えて報告してください。

## 台帳

log-unknown = このノードが扱わないログです
    .detail = このノードは、このオリジンのログを証言もミラーもしていません: { $what }
    .remedy = オリジンの行を確認してください。パートナーのログはトラストリストから、その他のログは設定から読み込みます。`corridor config` を参照してください。

checkpoint-unsigned = チェックポイントにログの署名がありません
    .detail = このログについて信頼されている鍵の有効な署名がチェックポイントにありません: { $what }
    .remedy = ログが署名したとおりのチェックポイントを送信してください。ログの鍵が新しくなった場合は、先にトラストリストまたは設定に記載する必要があります。

checkpoint-inconsistent = チェックポイントがつながりません
    .detail = { $what } のチェックポイントは、先に受け入れたものに続くことが示されていません: { $why }
    .remedy = ログをバックアップから復元した場合は、停止してミラーから回復してください。二つのチェックポイントが矛盾する場合、証拠は保存されています。`corridor log alarms` を参照してください。

witness-behind = 証人は復元されたばかりで最新ではありません
    .detail = このノードはバックアップから復元され、ログの最新の状態をまだ確認していません: { $what }
    .remedy = 後でもう一度お試しください。ノードはログと他の証人に自動で問い合わせます。応答しない相手は `corridor doctor` で確認できます。

## 貿易

interchange-invalid = 交換データが正しくありません
    .detail = EDIFACT の交換データに誤りがあります。箇所: { $what }、理由: { $why }
    .remedy = 該当箇所を修正し、新しい交換データとして送信し直してください。
