# すべてのページの枠。
skip = 本文へ進む
menu = メニュー
menu-label = 業務メニュー
areas = 業務
crumbs = 現在の位置
search-label = 文書・番号・機関を検索
search-do = 検索
language = 言語
display = 表示
theme = 画面の明るさ
theme-device = 端末の設定に合わせる
theme-light = 明るい
theme-dark = 暗い
eras = 年の表記
eras-no = 西暦
eras-yes = 和暦（西暦を併記）
acting = 所属機関
acting-switch = 別の機関に切り替える
signed-in = サインイン中
account = アカウント
sign-out = サインアウト
help = ヘルプと文書
foot-node = { $name }のノード
foot-zone = 時刻は { $zone }
role-officer = 担当者
role-auditor = 監査人
role-operator = 運用担当者
role-administrator = 管理者

# 国。
country-JP = 日本
country-KR = 韓国
country-cosigned = { $country }：連署済み
country-pending = { $country }：連署待ち

# 部品。
paging-label = ページ送り
paging-first = 最新へ
paging-next = 前の一覧へ
filter-apply = 絞り込む
look-up = 照会する
filter-reset = すべて表示
field-required = 必須
form-wrong = { $n } 件の項目に誤りがあります
form-cancel = やめる
problem-help = 「{ $code }」の意味と対処方法
copy = コピー
copied = コピーしました
command-title = 同じ操作をコマンドで行う
command-cli = コマンドライン
command-curl = HTTP
figure-table = 数値を表で見る
figure-most = 最大 { $n }
file-choose = ファイルを選択
file-none = 選択されていません
