# 명령이 보여 주는 문구입니다. 인수 설명은 en/cli.ftl 에 있습니다.

## Configuration
config-file-head = Corridor 노드의 설정 파일입니다. `corridor config`로 각 설정의 뜻과 현재 값을 볼 수 있습니다.
config-default = 기본값: { $value }
config-variable = 환경 변수: { $name }
config-in-force = 현재 값: { $value } ({ $origin })
