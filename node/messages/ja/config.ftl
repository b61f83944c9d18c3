# 各設定の意味です。並び順は node/src/config/keys.rs の表と同じです。

node-data = 鍵、データベース、文書を置くディレクトリです。ノードを実行するユーザーの所有とし、ほかのユーザーには読ませません。
node-language = 読み手が言語を指定しないときに使う言語です。
node-operator = ノード全体に関わるもの（信頼リスト、機器の点検）を受け持つ参加機関の短い名前です。省略すると最初の参加機関になります。
node-workers = リクエストを処理するスレッド数です。0 のときはプロセッサのコア数と同じになります。
participant-name = ここで受け持つ参加機関の短い名前です。コマンドやファイル名に使います。半角の英小文字、数字、ハイフンが使えます。
participant-did = 参加機関の識別子です。公開鍵はこの識別子が示すアドレスで公開されます。
public-listen = 相手機関からの接続を受け付けるアドレスです。TLS を使わない場合はループバックアドレスに限られます。
public-url = 相手機関がこのノードに接続するときのアドレスです。信頼リストに載るものと同じにします。
public-tls_certificate = 相手機関向けの証明書チェーン（PEM）です。ファイルを差し替えると再起動なしで反映されます。
public-tls_key = その証明書の秘密鍵（PEM）です。
api-listen = 機関内の人やプログラムからの接続を受け付けるアドレスです。TLS を使わない場合はループバックアドレスに限られます。
api-tls_certificate = API 用の証明書チェーン（PEM）です。ファイルを差し替えると再起動なしで反映されます。
api-tls_key = その証明書の秘密鍵（PEM）です。
api-max_requests = 同時に処理する API リクエストの数です。これを超えると、後でやり直すよう応答します。
api-timeout_seconds = API リクエスト 1 件にかけられる秒数です。文書の送受信は、データが流れている限りこれより長くなってもかまいません。
storage-database = 記録の保存先です。sqlite とするとデータディレクトリ内のファイルに保存します。PostgreSQL のアドレスも指定できます。
storage-password_file = PostgreSQL のパスワードを書いたファイルです。この設定ファイルにパスワードを書かずに済みます。
storage-blobs = 文書の内容を置くディレクトリです。省略するとデータディレクトリ内の blobs になります。
storage-reader_threads = データベースを読み取るスレッド数です。
trust-anchors = ここで有効とする信頼リストの発行元の検証鍵です。自国と、自国が承認した国のものを指定します。
trust-sources = 新しい信頼リストの取得先アドレスです。リストの有効性は取得先ではなく署名で判断します。
trust-refresh_seconds = 新しい信頼リストを取得する間隔（秒）です。
net-allow = このノードから接続してよい、プライベートまたはローカルの接続先です。「ホスト名:ポート」、IP アドレス、または 10.1.0.0/16 のようなネットワークで指定します。それ以外には接続しません。
net-proxy = 外部への接続に使うプロキシです。
net-extra_roots = 組み込みの認証局に加えて信頼する認証局（PEM）です。
exchange-max_size = 受け付ける文書の最大サイズ（バイト）です。
exchange-max_skew_seconds = 相手機関の時計のずれを許す範囲（秒）です。
exchange-parallel = 相手機関への配信を同時に行う数です。
log-format = ログの形式です。text は 1 行ごとのテキスト、json は 1 行に 1 つの JSON オブジェクトです。
log-level = ログの詳しさです。error、warn、info、debug、trace、または info,corridor_net=debug のような指定ができます。
