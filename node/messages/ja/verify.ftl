# `corridor verify` が証拠のファイルについて表示する文です。引数の説明は en/verify.ftl にあります。

field-result = 結果
field-check = 検査
field-meaning = 検査の内容
field-about = 対象

verify-kind-receipt = 行為の記録証明
verify-kind-cose-receipt = 行為の記録証明（COSE）
verify-kind-split-view = ログの分岐の証拠
verify-kind-checkpoint = ログのチェックポイント
verify-kind-trust-list = ノードが依拠した信頼リスト
verify-kind-unknown = 記録証明、ログの分岐の証拠、署名済みチェックポイントのいずれでもありません

verify-passed = 合格
verify-failed = 不合格
verify-pending = 未完成
verify-not-checked = ここでは未検査

verify-check-form = ファイルが名乗る形式として読める
verify-check-act = 行為を唯一の表記で含んでいる
verify-check-inclusion = 行為がログの示された位置にある
verify-check-log-signature = ログの署名があり、方針がそのログを認めている
verify-check-cosignatures = 認められた証人の署名がすべて正しい
verify-check-country = { $country } の証人のうち、ログの運営者以外が連署している
verify-check-quorum = 方針が求める数の証人が連署している
verify-check-contradiction = 二つのチェックポイントは同時に真ではあり得ない
verify-check-consistency = 後のチェックポイントは前のチェックポイントの続きである
verify-check-opening = 示された内容が行為のコミットメントに一致し、このリストを指している
verify-check-anchor-signature = 国の発行機関がこのリストに署名した

verify-about-act = 行為: { $kind }、{ $at }、{ $id }
verify-about-log = ログ: { $what }、リーフ { $size } 件

verify-outcome-passed = すべての検査に合格しました。
verify-outcome-convicted = すべての検査に合格しました。このログは、互いに矛盾する二つの履歴に署名しています。
verify-outcome-pending = まだ完成していません。これから届く可能性のある連署が欠けています。
verify-outcome-failed = 不合格の検査があります。このファイルを信頼しないでください。
verify-outcome-not-checked = 不合格はありませんが、ここでは検査できない項目がありました。
verify-no-policy = 署名は判定していません。誰の署名を有効とするかを定めた方針を --policy FILE で指定してください。
verify-no-act = COSE 形式の記録証明には、対象の行為が含まれていません。行為のバイト列を --act FILE で指定してください（corridor act show ID --output FILE で保存できます）。

# 記録証明
receipt-ours = 自機関の記録証明:
receipt-theirs = 相手機関の記録証明:
receipt-signatures = 署名（記録された時点で有効だった鍵により判定）:
receipt-signed-envelope = 送付状
receipt-signed-acknowledgement = 受領通知
field-what = 署名の対象
field-recorded = 記録日時
field-leaf = ログ内の番号
field-why = 理由
receipt-done = { $path } に書き込みました
receipt-not-here = まだ届いていません
field-index = ログ内の番号
field-missing = 欠けているもの
field-missing_theirs = 相手側で欠けているもの
field-side = 区分
receipt-state-pending = 未完成
receipt-state-complete = 完成
verify-ended = ログ { $what } はリーフ { $last } 件で終了し、{ $found } が承継しています。このログによる証明は引き続き有効です。
verify-ended-beyond = ログ { $what } は終了し、{ $found } が承継しています。終了時に把握されていたリーフは { $last } 件ですが、このチェックポイントは { $size } 件を含みます。連署された内容は有効です。ログを終了させた発行機関に提示してください。

verify-kind-chain = 一つの取引の証拠
verify-chain-about = 取引 { $reference }：文書 { $documents } 件、出力者 { $who }
verify-chain-absent = 欠けている文書：{ $envelope }（{ $why }）
verify-chain-passed = { $number } 件の検査に合格しました。
verify-chain-form = 証拠の書庫として読める
verify-chain-files = 各ファイルが目録のとおりである
verify-chain-index = 目録が署名されたもので、文書の内容と一致する
verify-chain-page = ページの内容が目録と一致する
verify-chain-trust-list = 鍵のリストに信頼の起点が署名している
verify-chain-signature = その時点で有効な鍵で署名されている
verify-chain-agreement = 名前どおりの協定である
verify-chain-content = 内容が送付状のとおりである
verify-chain-acknowledgement = この送付状に対する受領通知である
verify-chain-act = 行為が開示でき、この文書に関するものである
verify-chain-receipt = 行為がログにあり、証人が確認している
