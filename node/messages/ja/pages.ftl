# コンソールのページ。

# 業務。
section-exchange = 文書の送受信
section-evidence = 証拠
section-node = このノード
area-home = ホーム
area-inbox = 受信文書
area-outbox = 送信文書
area-partners = 相手機関
area-agreements = 協定
area-acts = 行為の記録
area-receipts = 受領証
area-verify = 検証
area-ledger = 台帳
area-trust = 信頼リスト
area-doctor = ノードの点検
area-invariants = 不変条件
area-users = 利用者
area-settings = 設定

error-home = ホームへ

# 文書。
column-document = 文書
column-partner = 相手機関
column-kind = 種類
column-state = 状態
column-size = 大きさ
column-time = 日時
filter-any = すべて
inbox-empty = 受信した文書はまだありません
inbox-empty-how = 有効な協定に基づいて相手機関が送った文書は、自動でここに届きます。
send-document = 文書を送る
send-do = 送信する
resend = 再送する
resend-question = 文書を改めて提出し、さらに3日間、相手機関への送信を続けます。

# 部品一覧。
gallery-title = 部品一覧
gallery-lead = ページを追加する人のために、すべての部品をすべての状態で示します。例文はわざと長く、外国語や悪意のある文字列を含みます。フォーカスやポインターの状態は、キーボードやマウスで確かめてください。
