# 印刷用の記録証明です。引数の説明は en/receipt.ftl にあります。

page-title = 行為の記録証明
page-complete = 完成：各国の証人が連署しています。
page-pending = まだ完成していません。欠けているもの: { $missing }
page-failed = このページを信頼しないでください。不合格の検査があります。

label-act = 行為
label-id = 行為の番号
label-time = 時刻（ノードの時計、UTC）
label-log = ログ
label-place = ログの中の位置
value-place = 位置 { $index }（全 { $size } 件）
label-leaf = 行為のハッシュ
label-root = ログのルート
label-signatures = 署名者
label-log-key = ログ
label-witness = 証人、{ $country }
label-witness-nowhere = 証人
label-own = ログの運営者自身、数えません
label-code = 記録証明の QR コード
label-part = { $count } 個中 { $number } 個目

page-what = このページは、行為がログに記載されたことと、誰がそれを確認したかを示します。内容については何も明かしません。行為に含まれるのはコミットメントで、開けるのは当事者だけです。
page-verify = 検証するには、コードを読み取って文字列をファイルに保存するか、このページからダウンロードして、`corridor verify ファイル --policy 方針` を実行してください。通信は不要で、方針にある鍵以外は信頼しません。
page-parts = この記録証明は複数のコードに分かれています。すべて読み取ってください。順序は問いません。
page-download = 記録証明をダウンロード
