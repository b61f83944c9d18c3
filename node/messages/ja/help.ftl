# ノードが提供する説明書: 手引きの周りと、エラーの説明ページの文言です。

help-title = ヘルプ
help-lead = ノードの導入、相手機関との接続、運用、記録証明の検証、サービスの開発について説明します。
help-guides = 手引き
help-contents = このページの内容
help-errors = エラー一覧
help-errors-lead = エラーにはそれぞれコードがあります。説明ページには、何が、何について起きたのか、どうすればよいかを示しています。
help-errors-all = すべてのエラーを見る
help-error = エラー { $code }
help-happened = 何が起きたか
help-remedy = どうすればよいか
help-code = コード
help-status = HTTP ステータス
help-in-general = 角括弧の部分には、実際のメッセージでは具体的な名称が入ります。

## エラーが示すもの

help-arg-what = 対象
help-arg-why = 理由
help-arg-who = 参加機関
help-arg-partner = 相手機関
help-arg-key = 鍵
help-arg-at = 時刻
help-arg-limit = 上限
help-arg-id = 識別子
help-arg-path = ファイル
help-arg-line = 行番号
help-arg-column = 桁
help-arg-nearest = 近い名称
help-arg-expected = 想定
help-arg-found = 実際
help-arg-country = 国
help-arg-address = 宛先
help-arg-skew = 秒数
help-arg-list = 号数
help-arg-version = バージョン
