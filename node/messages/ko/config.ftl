# 각 설정의 뜻입니다. 순서는 node/src/config/keys.rs 의 표와 같습니다.

node-data = 키, 데이터베이스, 문서를 두는 디렉터리입니다. 노드를 실행하는 사용자의 소유여야 하며 다른 사용자는 읽을 수 없어야 합니다.
node-language = 읽는 사람이 언어를 지정하지 않았을 때 쓰는 언어입니다.
node-operator = 노드 전체에 속하는 것(신뢰 목록, 장비 점검)을 맡는 참가 기관의 짧은 이름입니다. 생략하면 첫 번째 참가 기관이 됩니다.
node-workers = 요청을 처리하는 스레드 수입니다. 0이면 프로세서 코어 수와 같습니다.
participant-name = 여기에서 맡는 참가 기관의 짧은 이름입니다. 명령과 파일 이름에 쓰입니다. 영문 소문자, 숫자, 하이픈을 쓸 수 있습니다.
participant-did = 참가 기관의 식별자입니다. 공개 키는 이 식별자가 가리키는 주소에 게시됩니다.
public-listen = 상대 기관의 연결을 받는 주소입니다. TLS를 쓰지 않으면 루프백 주소만 허용됩니다.
public-url = 상대 기관이 이 노드에 연결하는 주소입니다. 신뢰 목록에 실린 주소와 같아야 합니다.
public-tls_certificate = 상대 기관용 인증서 체인(PEM)입니다. 파일을 바꾸면 다시 시작하지 않아도 반영됩니다.
public-tls_key = 그 인증서의 개인 키(PEM)입니다.
api-listen = 기관 내부의 사람과 프로그램의 연결을 받는 주소입니다. TLS를 쓰지 않으면 루프백 주소만 허용됩니다.
api-tls_certificate = API용 인증서 체인(PEM)입니다. 파일을 바꾸면 다시 시작하지 않아도 반영됩니다.
api-tls_key = 그 인증서의 개인 키(PEM)입니다.
api-max_requests = 동시에 처리하는 API 요청 수입니다. 이를 넘으면 나중에 다시 시도하라고 응답합니다.
api-timeout_seconds = API 요청 하나에 쓸 수 있는 시간(초)입니다. 문서 업로드와 다운로드는 데이터가 흐르는 동안 이보다 오래 걸려도 됩니다.
storage-database = 기록을 저장하는 곳입니다. sqlite이면 데이터 디렉터리 안의 파일에 저장합니다. PostgreSQL 주소를 지정할 수도 있습니다.
storage-password_file = PostgreSQL 비밀번호가 든 파일입니다. 이 설정 파일에 비밀번호를 쓰지 않아도 됩니다.
storage-blobs = 문서 내용을 두는 디렉터리입니다. 생략하면 데이터 디렉터리 안의 blobs가 됩니다.
storage-reader_threads = 데이터베이스를 읽는 스레드 수입니다.
trust-anchors = 여기에서 인정하는 신뢰 목록 발행처입니다. 국가 코드와 검증 키를 빈칸으로 나누어 씁니다. 보통 자국의 것만 지정합니다. 다른 나라는 이 발행처가 서명한 상호 인정으로 인정됩니다.
trust-sources = 새 신뢰 목록을 가져오는 주소입니다. 목록의 효력은 가져온 곳이 아니라 서명으로 판단합니다.
trust-refresh_seconds = 새 신뢰 목록을 가져오는 간격(초)입니다.
net-allow = 이 노드가 연결해도 되는 사설 또는 로컬 목적지입니다. 호스트:포트, 주소 또는 10.1.0.0/16 같은 네트워크로 지정합니다. 그 밖에는 연결하지 않습니다.
net-proxy = 외부 연결에 쓰는 프록시입니다.
net-extra_roots = 내장된 인증 기관 외에 추가로 신뢰하는 인증 기관(PEM)입니다.
exchange-max_size = 받는 문서의 최대 크기(바이트)입니다.
exchange-max_skew_seconds = 상대 기관 시계의 허용 오차(초)입니다.
exchange-parallel = 한 상대 기관에 동시에 전달하는 수입니다.
exchange-give_up_hours = 응답하지 않는 상대 기관에 문서를 계속 보내는 시간(시간 단위)입니다. 지나면 다시 보내라고 할 때까지 보류합니다.
ledger-origin = 이 노드 로그의 오리진입니다. 체크포인트에 서명하고 증인에게 알려지는 이름이며, 한번 정하면 바꿀 수 없습니다. 지정하지 않으면 공개 URL에서 스킴을 뺀 값에 /log를 붙입니다.
ledger-interval_ms = 기록이 이어지는 동안 로그의 체크포인트에 서명하는 간격(밀리초)입니다. 쉬었다가 들어온 첫 기록에는 바로 서명합니다.
ledger-policy = 영수증이 완성되려면 누가 연서해야 하는지를 정하는 C2SP tlog-policy 파일입니다. 지정하지 않으면 신뢰 목록에 따라 나라마다 증인 하나가 필요합니다.
ledger-accept = 협력 기관의 로그 외에 이 노드가 증인이 되고 사본을 두는 로그입니다. 검증 키와, 읽을 경우 주소를 빈칸으로 나누어 씁니다.
ledger-raw = 원시 로그의 이름입니다. 공개 주소에 닿는 사람은 누구나 logs/이름/add로 덧붙일 수 있습니다. 행위 로그에는 이런 문이 없습니다.
log-format = 로그 형식입니다. text는 한 줄씩의 텍스트, json은 한 줄에 JSON 객체 하나입니다.
log-level = 로그의 자세한 정도입니다. error, warn, info, debug, trace 또는 info,corridor_net=debug 같은 지정을 쓸 수 있습니다.
