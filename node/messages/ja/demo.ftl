# The story that `corridor demo` tells, step by step. The names of the two institutions are invented.

demo-title = 二つの国、二つのノード、発注から輸入許可までの一つの取引
demo-country-KR = 韓国
demo-country-JP = 日本
demo-founded = { $country } が信頼の起点(自国の機関を保証する鍵)を設けます: { $anchor }
demo-witness = { $country } の信頼の起点は、自前の証人を { $url } に置きます。信頼リスト第 { $number } 号にその鍵を載せました。証人はノードのログに連署し、ログを保管する者だけがその正しさを請け合うことのないようにします。
demo-port-taken = ポート { $port } は別のプログラムが使用中のため、代わりに { $other } を使います。
demo-node = { $who } のノードが、専用の鍵・データベース・ポートを持ちます。相手機関からは { $public }、職員からは { $api } で接続します。
demo-admitted = { $country } が { $who } を保証します。信頼リスト第 { $number } 号にその鍵とノードのログを載せました。
demo-recognised = 韓国と日本が互いの信頼リストを認めます。双方が署名した一つの文書です。
demo-started = { $who } がプロセス { $pid } として動き始めました({ $millis } ミリ秒で準備完了)。
demo-imported = 双方のノードが信頼リストと相互承認を取り込みます。
demo-agreed = { $a } と { $b } が協定に署名します。EDIFACT 文書を双方向に、一年間やり取りできます。
demo-sending = { $who } が積荷目録を送ります: { $file }、{ $size } バイト。
demo-acknowledged = { $who } が確実に保存し、署名付きで受領を知らせました。送信から受領まで { $millis } ミリ秒です。
demo-understood = { $who } が内容を読み取ります:
demo-answered = { $who } が、そのための電文 CONTRL で自動的に回答します。判定: { $verdict }
demo-correlated = 回答は、対応する積荷目録に結び付けられます。{ $who } の記録では: { $verdict }
demo-state-received = 受領
demo-state-accepted = 受理
demo-state-partly-rejected = 一部不受理
demo-state-rejected = 不受理
demo-tampering = 署名の後で、何者かが通信の途中で文書を 1 バイトだけ書き換えます。
demo-refused = { $who } は受け取りを拒み、何も残しません: { $title }({ $code })
demo-record = 起きたことはすべて記録されます。記録は内容を証明できますが、内容そのものは含みません:
demo-look = 双方のノードは動き続けています。確認できる場所:
demo-console = コンソール（1 回だけ使えるサインイン用リンク）: { $link }
demo-stop = Ctrl-C でデモを終了します。
demo-ended = 双方のノードは、受け付けたものを処理し終えて停止しました。
demo-failed = デモはこの手順の後で失敗しました: { $step }
demo-watching = 両国の発行元の証人が、両方のログの監視を始めました。
# args: ours, theirs
demo-receipts = 両国が両方のノードのログに連署し、記録証明が完成しました。{ $ours } は送ったこと、{ $theirs } は受け取ったことを示します。どのノードも、どの国も、もう取り消せません。
demo-verified = 誰でも、何年後でも、ノードに問い合わせずに確かめられます。必要なのはファイルとポリシーだけです（corridor verify）。
demo-receipt-refused = 記録証明を1バイトだけ変えると、もう通用しません。

demo-hosted = { $who }は自前のノードを持たない商社です。{ $node }のノードが、鍵・帳簿・協定を分けたうえで受け持ちます。
demo-ordered = { $who }が発注します: { $order }、軸受ユニット 2,350 個、FOB 釜山 (ORDERS)。
demo-order-answered = { $who }がメーカーに代わって受注を回答します (ORDRSP)。
demo-booked = { $who }が、本船を手配する{ $whom }に船腹を申し込みます (IFTMBF)。
demo-booking-confirmed = { $who }が確認します: HANBIT PIONEER、航海番号 0427E (IFTMBC)。
demo-risk = { $who }がファイルからリスク基準を登録し、そのうち二つを適用します。基準は注意すべき申告を示すだけで、決定はしません。
demo-declared = { $who }が貨物を申告します: { $number } (CUSDEC)。税番に誤りがあります。
demo-hits = 電文は読み取れたので、{ $who }で審査待ちになります。該当した基準:
demo-rejected = { $who }が箇所を示して差し戻します。回答 (CUSRES) の内容:
demo-amended = { $who }が税番を直し、差替えとして送り直します (BGM 1225 = 5)。
demo-released = { $who }が検査を指定し、検査の後に許可します。回答は対応する申告に結び付きます:
demo-timeline = 一つの発注を一つの経過で。{ $who }から見た { $order } です。届いたこと、読み取れたこと (CONTRL)、判断が出たこと (CUSRES) は別々の状態です:
