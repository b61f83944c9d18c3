# What fields of documents are called: our own words, not those of the UN directory.

## Labels of fields, put together

label-of = { $whose }の{ $what }

## Whose

whose-buyer = 買主
whose-seller = 売主
whose-supplier = 供給者
whose-delivery = 納入先
whose-consignor = 荷送人
whose-consignee = 荷受人
whose-notify = 着荷通知先
whose-carrier = 運送人
whose-forwarder = フォワーダー
whose-exporter = 輸出者
whose-importer = 輸入者
whose-declarant = 申告者
whose-sender = 電文送信者
whose-recipient = 電文受信者
whose-shipper = 荷主
whose-invoicee = 請求先
whose-agent = 代理人
whose-payer = 支払人
whose-warehouse = 倉庫
whose-manufacturer = 製造者
whose-operator = 運航者
whose-terminal = ターミナル

## What

what-id = コード
what-id-list = コード表
what-id-agency = コード管理機関
what-name = 名称
what-street = 番地・町名
what-city = 市区町村
what-postcode = 郵便番号
what-country = 国
what-region = 都道府県・州
what-tax-id = 税務登録番号
what-contact = 担当者
what-phone = 電話
what-mail = メール
what-reference = 参照番号

## Fields

field-number = 文書番号
field-function = 処理区分
field-response = 回答区分
field-date = 文書日付
field-issued = 作成日時
field-delivery-date = 納期
field-due-date = 支払期日
field-remarks = 備考
field-contract = 契約番号
field-order = 発注番号
field-invoice = 送り状番号
field-booking = ブッキング番号
field-bill-of-lading = 船荷証券番号
field-master-bill = マスターB/L番号
field-declaration = 申告番号
field-answers = 回答対象の電文
field-reference = 参照番号
field-declarant-reference = 申告者の整理番号
field-forwarder-reference = フォワーダーの整理番号
field-currency = 通貨
field-total = 合計金額
field-lines-total = 明細合計
field-tax-total = 税額合計
field-invoice-total = 送り状合計
field-incoterm = 貿易条件（インコタームズ）
field-incoterm-place = 貿易条件の場所
field-item = 品番
field-item-scheme = 品番体系
field-hs = HSコード（税番）
field-description = 品名
field-description-2 = 品名（続き）
field-quantity = 数量
field-unit = 単位
field-amount = 金額
field-price = 単価
field-tax-rate = 税率
field-rate = 税率
field-value = 価額
field-packages = 梱包数
field-package-type = 包装種類
field-gross-weight = 総重量（kg）
field-net-weight = 正味重量（kg）
field-verified-gross-mass = 確定総重量 VGM（kg）
field-volume = 容積（m³）
field-marks = 荷印
field-marks-2 = 荷印（続き）
field-container = コンテナ番号
field-containers-number = コンテナ番号
field-type = 種類
field-containers-type = サイズ・タイプ
field-taxes-type = 税目
field-fullness = 実入り・空
field-seal = 封印番号
field-sealed-by = 封印者
field-temperature = 温度（°C）
field-units = 本数
field-voyage = 航海番号
field-mode = 輸送手段
field-means = 運送手段の種類
field-carriage = 運送条件
field-operator = 運航者
field-carrier-code = 運送人コード
field-vessel-call-sign = 信号符字
field-vessel-name = 船名
field-vessel-flag = 船籍
field-departure-place = 出発地
field-next-port = 次港
field-port-of-loading = 船積港
field-port-of-loading-terminal = 船積ターミナル
field-port-of-discharge = 荷揚港
field-port-of-discharge-terminal = 荷揚ターミナル
field-place-of-receipt = 荷受地
field-place-of-delivery = 荷渡地
field-departure = 出港日時
field-arrival = 入港日時
field-customs-office = 税関官署
field-country-of-export = 輸出国
field-country-of-destination = 仕向国
field-origin = 原産地
field-contact = 担当者
field-phone = 電話
field-mail = メール
field-authentication = 認証値
field-authentication-key = 認証鍵
field-processed = 処理日時
field-state = 状態
field-text = 内容
field-section = 区分
field-errors-item = 項目
field-sub-item = 細目
field-segment = セグメント
field-position = 電文内の位置
field-code = コード
field-agency = 管理機関

## Lists

list-lines = 明細
list-items = 品目
list-goods = 貨物
list-containers = コンテナ
list-consignments = B/L単位の貨物
list-loads = 積込み
list-taxes = 税金・関税
list-states = 状態
list-errors = エラー
list-packages = 梱包
list-seals = 封印
list-persons = 旅客・乗員
list-legs = 区間
list-parties = 当事者
list-stops = 寄港地
list-documents = 書類

## Words that mappings put for codes

word-original = 新規
word-replacement = 差替え
word-cancellation = 取消し
word-change = 変更
word-sea = 海上
word-rail = 鉄道
word-road = 道路
word-air = 航空
word-inland-water = 内水
word-empty = 空
word-full = 実入り
word-full-mixed = 実入り（混載）
word-accepted = 受理
word-accepted-with-changes = 修正のうえ受理
word-refused = 拒否
word-conditional = 条件付き
word-not-accepted = 不受理
word-carrier = 運送人
word-shipper = 荷主
word-customs = 税関
word-terminal = ターミナル

## What happens to a transaction

event-amended = 訂正して再送信

## What is found before a document is sent

ready-missing = 必ず入力してください
ready-form-number = 数値を入力してください（例：1250000、12.5）
ready-form-date = 日付を入力してください（例：2026-11-28）
ready-form-time = 日時を入力してください（例：2026-11-28T09:15）
ready-form-text = 書式が正しくありません
ready-length = 長すぎます。電文に入るのは { $most } 文字までです
ready-code = この項目で使えるコードではありません
ready-characters = { $syntax } の電文では使えない文字があります
ready-decimals = { $currency } の金額は小数 { $n } 桁までです
ready-total = { $label }：明細の合計は { $sum } ですが、文書には { $stated } とあります
ready-unknown = この名前の項目は電文にありません
ready-test = この相手機関との協定ではテスト電文を受け付けません
ready-person = 個人に関する項目です。文書を封印し、消去できるように、対象の個人を指定してください
ready-untranslated = { $code } に対応する相手機関のコードがないため、そのまま送ります

## 文書の中の場所

list-entry = { $list ->
   *[other] { $name }
} { $number }
field-of = { $entry } の{ $field }
field-at = { $field }、セグメント { $segment }
