# コマンドが表示する文面です。引数の説明は en/cli.ftl にあります。

## Configuration
config-file-head = Corridor ノードの設定ファイルです。`corridor config` で各設定の意味と現在の値を確認できます。
config-default = 既定値: { $value }
config-variable = 環境変数: { $name }
config-in-force = 現在の値: { $value }（{ $origin }）
