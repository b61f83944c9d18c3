# 명령이 보여 주는 문구입니다. 인수 설명은 en/cli.ftl 에 있습니다.

## Configuration
config-file-head = Corridor 노드의 설정 파일입니다. `corridor config`로 각 설정의 뜻과 현재 값을 볼 수 있습니다.
config-default = 기본값: { $value }
config-variable = 환경 변수: { $name }
config-in-force = 현재 값: { $value } ({ $origin })

## Answers

none = 보여 줄 것이 없습니다.
more = 더 있습니다. 다음 값을 지정하여 이어서 보십시오: { $value }
yes = 예
no = 아니요
title-envelope = 서명된 송부서:
title-acknowledgement = 서명된 수령 통지:
title-answers = 이 문서에 대한 회신:
title-anchors = 신뢰 목록 발행처
title-successions = 종료된 로그
title-lists = 신뢰 목록
title-recognitions = 상호 인정

## Fields

field-id = ID
field-partner = 상대 기관
field-kind = 종류
field-size = 바이트 수
field-state = 상태
field-name = 이름
field-sha256 = SHA-256
field-agreement = 협약
field-answers = 회신 대상
field-created = 작성 일시
field-updated = 갱신 일시
field-problem = 문제
field-time = 일시
field-type = 행위
field-fields = 내용
field-version = 버전
field-verified = 검증됨
field-bytes = 확정된 바이트열
field-did = DID
field-country = 국가
field-agreements = 협약 수
field-agreed = 협약
field-endpoint = 주소
field-removed = 제외 일시
field-list = 목록 번호
field-public = 공개 키
field-from = 시작
field-until = 종료
field-purpose = 목적
field-standing = 상태
field-in_force = 유효
field-digest = 해시값
field-role = 역할
field-label = 이름
field-expires = 만료
field-revoked = 취소 일시
field-secret = 토큰
field-key = 키
field-token_file = 토큰 파일
field-display = 사용자 이름
field-language = 언어
field-roles = 역할
field-factors = 로그인 수단
field-signed_in = 마지막 로그인
field-disabled = 사용 중지 시각
field-department = 부서
field-link = 로그인 링크
field-method = 로그인 수단
field-agent = 브라우저
field-seen = 마지막 사용
field-ends = 종료 시각
field-kinds = 문서 종류
field-partners = 상대 기관
field-number = 번호
field-participants = 참가 기관 수
field-issued = 발행 일시
field-closes = 사용 중지
field-anchor = 발행처
field-path = 파일
field-countries = 국가
field-accepted = 받은 일시
field-address = 주소
field-millis = 밀리초
field-clock_ahead = 시계 차이(초)
field-envelope = 송부서
field-reference = 참조 번호
field-mapping = 매핑
field-message = 메시지
field-title = 용도
field-guide = 가이드
field-directory = 디렉터리
field-association = UNH의 명칭
field-messages = 메시지 수
field-segments = 세그먼트
field-codes = 코드
field-verdict = 판정
field-remarks = 비고
field-act = 기록
field-at = 시점
field-valid = 유효
field-log = 로그
field-witness = 증인
field-witnesses = 증인
field-origin = 오리진
field-leaves = 로그의 행위 수
field-entries = 항목 수
field-waiting = 자리 대기
field-copied = 미러에 보관됨
field-void_after = 무효 기준 리프
field-covered = 두 나라 연서 완료
field-pending_since = 연서 대기 시작
field-expects = 응답 기한
field-aperak = APERAK로 응답
field-flow = 운영·시험 구분
field-answer = 응답
field-promised = 기한
field-again = 재송신 횟수
field-tiles = 대조한 타일
field-checkpoints = 대조한 체크포인트
field-difference = 첫 차이
field-tree = 트리 크기
field-root = 루트
field-hashes = 증명
field-cosigned = 연서한 크기
field-broken = 위반
field-promise = 약속
field-to = 새 호
field-failures = 연속 실패
field-last_error = 최근 오류
field-subject = 정보주체
field-documents = 문서 수
field-complete = 전 기관 확인
field-confirmed = 확인 일시
field-by = 처리자
field-personal = 개인에 관한 것
field-reader = 열람에 사용

## Words

word-sending = 보내는 중
word-delivered = 전달됨
word-refused = 거부됨
word-failed = 중단됨
word-receiving = 받는 중
word-received = 받음
word-erased = 파기됨
word-proposed = 제안됨
word-concluded = 체결됨
word-ended = 종료됨
word-open = 접수 중
word-held = 복원 뒤 멈춤
word-in-force = 유효
word-grace = 만료(유예 중)
word-closed = 만료됨
word-unrecognised = 인정되지 않음
word-retired = 은퇴
word-current = 사용 중
word-pending = 신뢰 목록 대기
word-officer = 담당자
word-auditor = 감사자
word-operator = 운영 담당자
word-administrator = 관리자
word-good = 정상
word-warning = 주의
word-wrong = 이상
word-waiting = 응답 대기
word-overdue = 기한 초과
word-answered = 응답 완료
word-void = 대기 종료

## Commands

init-done = 준비되었습니다. 설정 파일: { $config }. 데이터: { $data }.
init-next = 다음으로 DID 문서(`corridor key document`)를 자국의 신뢰 목록 발행 기관에 전달하고, 설정 파일에 그 발행처를 적은 뒤 `corridor serve`로 시작하십시오.
serve-ready = 시작되었습니다. 상대 기관용: { $public }. API: { $api }.
serve-stopping = 중지합니다. 접수한 일을 마무리하고 있습니다.
send-progress = 보냄 { $done } / { $size }
send-waiting = 상대 기관의 수령 통지를 기다리고 있습니다
send-queued = 접수되었습니다. 수령 통지가 올 때까지 상대 기관에 보냅니다.
send-delivered = 상대 기관이 수령을 확인했습니다.
send-late = 아직 수령 통지가 없습니다. 계속 보내고 있습니다. `corridor outbox show`로 확인하십시오.
erase-late = 이 노드에서는 파기했습니다. 시간 안에 확인하지 않은 상대 기관이 있으며, 확인할 때까지 계속 요청합니다. 미확인 기관은 `corridor subject erasures ID`로 확인할 수 있습니다.
read-progress = 읽음 { $done } / { $size }
read-done = { $path }에 기록했습니다({ $size }). 보낸 쪽이 서명한 내용과 일치합니다.
token-once = 토큰을 지금 보관하십시오. 다시 표시할 수 없습니다.
token-revoked = 토큰 { $id }을(를) 무효로 했습니다.
user-disabled = 계정 { $name }의 사용을 중지하고 로그인 상태를 모두 종료했습니다.
user-enabled = 계정 { $name }(으)로 다시 로그인할 수 있습니다.
user-no-password = 계정 { $name }의 비밀번호를 삭제했습니다. 로그인 링크를 발급하십시오: corridor user link { $name }
user-no-second-factor = 계정 { $name }의 2단계 인증 설정을 삭제했습니다. 로그인 링크를 발급하십시오: corridor user link { $name }
user-signed-out = { $name }의 로그인 상태를 모두 종료했습니다.
user-link-once = 이 링크는 한 번만 쓸 수 있습니다. 본인에게 직접 전달하고 다른 사람에게는 알리지 마십시오.
department-removed = 부서 { $id }을(를) 삭제했습니다. 이 부서의 담당자와 토큰으로는 이제 아무것도 볼 수 없습니다.
key-rotated = 지금까지의 키로 계속 서명합니다. 새 DID 문서를 신뢰 목록 발행 기관에 전달하십시오. 목록에 실리면 새 키로 바뀝니다.
partner-answers = 상대 기관이 응답하며 키가 신뢰 목록과 일치합니다.
agreement-proposed = 우리 쪽이 서명했습니다. { $path }을(를) 상대 기관에 전달하십시오. 상대 기관이 서명하여 돌아오면 효력이 생깁니다.
backup-done = 백업을 만들었습니다: { $path }(파일 문서 { $found }건). 키가 들어 있으므로 노드만큼 안전하게 보관하십시오.
backup-keys = 키 대장을 기록했습니다: { $path }. 이전 대장은 대체됩니다. 백업과 따로 보관하고 오래된 사본은 남기지 마십시오. 파기된 키는 어디에도 남아 있어서는 안 됩니다.
backup-progress = { $what }: { $done }
restore-done = { $at } 시점의 내용을 { $path }에 복원했습니다.
restore-without-keys = 키 대장 없이 복원했습니다. 개인에 관한 데이터는 있으나 열 수 없습니다. 키까지 복원하려면 빈 노드에서 `corridor restore --subject-keys FILE`을 실행하십시오.

## Trust

trust-list-in-use = { $country }의 신뢰 목록 { $list }호를 사용합니다.
trust-recognition-in-use = 상호 인정({ $country })을 받아들였습니다.
trust-held = 이미 있습니다. 바뀐 것이 없습니다.
trust-offered = 상호 인정을 제안했습니다. 이 파일을 상대국 발행 기관에 전달하십시오. 상대국이 함께 서명하면 효력이 생깁니다.
trust-countersigned = 두 나라가 모두 서명했습니다. 이 파일을 두 나라의 노드에 전달하여 `corridor trust import`로 가져오십시오.
change-admitted = + { $who }({ $name }) 추가, 주소 { $endpoint }
change-removed = - { $who }을(를) { $at }부터 제외
change-readmitted = + { $who } 다시 추가
change-dropped = ! { $who }이(가) 목록에서 사라졌습니다(제외 기록도 없음). 발행 기관에 이유를 확인하십시오
change-key-added = + 키 { $key }({ $from }부터 유효)
change-key-ended = - 키 { $key }({ $until }까지 유효)
change-key-revived = ! 키 { $key }의 종료가 취소되었습니다. 발행 기관에 이유를 확인하십시오
change-key-replaced = ! 키 이름 { $key }의 내용이 { $before }에서 { $after }(으)로 바뀌었습니다. 발행 기관에 이유를 확인하십시오
change-key-dropped = ! 키 { $key }이(가) 목록에서 사라졌습니다. 발행 기관에 이유를 확인하십시오
change-endpoint = ~ { $who }의 주소가 { $before }에서 { $after }(으)로 변경
change-name = ~ { $who }의 이름이 { $before }에서 { $after }(으)로 변경
change-expiry = ~ 만료가 { $before }에서 { $after }(으)로 변경
change-grace = ~ 유예가 { $before }시간에서 { $after }시간으로 변경
change-log-added = + { $who }의 노드: 로그 { $log }, 연서하는 증인 { $witness }
change-log-replaced = ! { $who }의 노드 로그의 키가 { $before }에서 { $after }(으)로 바뀌었습니다. 발행 기관에 이유를 확인하십시오
change-log-dropped = ! { $who }의 노드 로그 { $log }이(가) 목록에서 사라졌습니다. 발행 기관에 이유를 확인하십시오
change-witness-replaced = ~ { $who }의 노드가 연서하는 키가 { $before }에서 { $after }(으)로 변경
change-second-key = ~ { $who }의 노드가 연서하는 두 번째 키가 { $before }에서 { $after }(으)로 변경
change-ledger-address = ~ { $who }의 노드 로그, 증인 또는 미러의 주소가 { $before }에서 { $after }(으)로 변경
change-key-void = ! 키 { $key }은(는) 로그 { $log }의 리프 { $leaf } 이후로 무효
change-log-succeeded = ! 로그 { $origin }이(가) 리프 { $size }개에서 종료되고 { $successor }이(가) 승계
change-anchor-witness-added = + 발행 기관의 증인 { $name }({ $key }) 추가, 주소 { $url }
change-anchor-witness-replaced = ~ 발행 기관의 증인 { $name }의 연서 키가 { $before }에서 { $after }(으)로 변경
change-anchor-witness-address = ~ 발행 기관의 증인 { $name }의 주소가 { $before }에서 { $after }(으)로 변경
change-anchor-witness-dropped = - 발행 기관의 증인 { $name } 제외

## Doctor

doctor-config = 설정이 올바릅니다.
doctor-directory = 데이터 디렉터리가 이 사용자의 것이며 다른 사용자에게 닫혀 있습니다.
doctor-keys = 키 파일이 다른 사용자에게 닫혀 있습니다.
doctor-secret = 클라이언트 비밀 값 파일이 다른 사용자에게 닫혀 있습니다.
doctor-sign-on = 통합 인증 서버가 응답하고, 설정과 같은 이름을 쓰며, 키를 공개합니다.
doctor-space = 남은 공간이 충분합니다.
doctor-database = 데이터베이스가 응답하며 예상한 형식입니다.
doctor-certificate = 인증서가 유효합니다.
doctor-trust = 신뢰 목록이 유효합니다.
doctor-listed = 신뢰 목록에 이 참가 기관과 지금 서명하는 키가 실려 있습니다.
doctor-outbox = 전달이 중단된 문서가 없습니다.
doctor-partner = 응답하며 키가 신뢰 목록과 일치합니다.
doctor-erasures = 하루 이상 지난 파기는 요청한 모든 상대 기관이 확인했습니다.
# args: partner, found, at, id
doctor-erasure-unconfirmed = { $partner }이(가) 개인정보 파기 { $found }건을 확인하지 않았습니다. 가장 오래된 것은 { $at }의 { $id }입니다.
    .remedy = `corridor partner test`로 연결을 점검하십시오. 연결에 이상이 없으면 담당자에게 파기 번호를 알려 확인하십시오. 상태는 `corridor subject erasures ID`로 볼 수 있습니다. 요청은 계속됩니다.
doctor-ends = 신뢰 목록에 실린 키는 30일 안에 만료되지 않습니다.
# args: at
doctor-keys-end = 신뢰 목록에 실린 키가 { $at }에 만료됩니다. 그 뒤에는 이 참가 기관의 것이 받아들여지지 않습니다.
    .remedy = `corridor key rotate`로 다음 키를 만들고, DID 문서(`corridor key document`)를 신뢰 목록 발행처에 제출한 뒤 새 목록을 가져오십시오.
doctor-partner-ends = 30일 안에 만료되는 상대 기관의 키나 확인된 인증서가 없습니다.
# args: at
doctor-partner-keys-end = 상대 기관의 키가 { $at }에 만료됩니다. 그 뒤에는 어느 방향으로도 주고받을 수 없습니다.
    .remedy = 상대 기관에 다음 키를 미리 요청하십시오. 새 키는 그 나라의 신뢰 목록과 함께 옵니다.
# args: at
doctor-partner-certificate-ends = 상대 기관 노드의 인증서가 { $at }에 만료됩니다. 그 뒤에는 연결할 수 없습니다.
    .remedy = 상대 기관 담당자에게 알리십시오. 교체한 뒤에는 `corridor partner test`로 새 인증서를 확인할 수 있습니다.
doctor-ledger = 신뢰 목록에 이 노드의 로그와 증인이 실려 있습니다.
doctor-witnesses = 이 나라의 증인이 우리 로그에 연서할 수 있습니다.
doctor-space-little = 남은 공간이 { $found } MiB뿐입니다.
    .remedy = 문서를 받지 못하게 되기 전에 공간을 비우거나 늘리십시오.
doctor-certificate-ends = 인증서가 { $at }에 만료됩니다.
    .remedy = 파일을 바꾸십시오. 다시 시작하지 않아도 반영됩니다.
doctor-no-anchor = 설정에 신뢰 목록 발행처가 없습니다. 어느 기관도 신뢰되지 않습니다.
    .remedy = 자국의 신뢰 목록 발행 기관에서 발행처의 검증 키를 받아 trust.anchors에 적으십시오.
doctor-list-grace = { $country }의 신뢰 목록 { $list }호가 { $at }에 만료되었습니다. { $limit }까지는 계속 사용됩니다.
    .remedy = 발행 기관에서 최신 목록을 받아 `corridor trust import`로 가져오십시오.
doctor-recognition-ends = { $country }와(과)의 상호 인정이 { $at }에 끝납니다.
    .remedy = 자국의 신뢰 목록 발행 기관에 상대국과의 갱신을 요청하십시오.
doctor-named-twice = { $who }이(가) 여러 나라의 신뢰 목록에 실려 있습니다: { $country }
    .remedy = 각 발행 기관에 어느 쪽이 맞는지 확인하십시오.
doctor-two-lists = { $country }의 발행처가 { $list }호로 서로 다른 두 목록에 서명했습니다.
    .remedy = 발행 기관에 전화 등 확실한 방법으로 알리십시오. 먼저 받아들인 목록이 계속 사용됩니다.
doctor-did-elsewhere = DID는 { $found }을(를) 가리키지만 이 노드의 공개 주소는 { $address }입니다.
    .remedy = DID 문서가 두 곳에서 게시되게 하거나 public.url을 고치십시오.
doctor-dead-letters = 전달이 중단된 것이 { $found }건 있습니다.
    .remedy = `corridor outbox list --state failed`로 확인하고 `corridor outbox resend`로 다시 보내십시오.
doctor-clock = 상대 기관의 시계가 우리보다 { $skew }초 빠릅니다.
    .remedy = 시간 서버(NTP)로 시계를 맞추십시오. 우리 쪽이 맞다면 상대 기관에 알리십시오.
doctor-ledger-unlisted = 신뢰 목록에 실린 로그와 증인이 이 노드의 것과 다릅니다. 기록 증명이 인정되지 않습니다.
    .remedy = DID 문서(`corridor key document`)를 신뢰 목록 발행 기관에 전달하고 새 목록을 가져오십시오.
doctor-no-witness = { $country }에는 우리 로그에 연서할 증인이 신뢰 목록에 없습니다. 기록 증명이 완성되지 않은 채로 남습니다.
    .remedy = 그 나라의 발행 기관에 증인 등재(`corridor trust add-witness`)를 요청하고 새 목록을 가져오십시오.
doctor-alarms = 스스로와 모순된 로그는 발견되지 않았습니다.
doctor-split-view = 이 로그는 서로 모순되는 두 가지 이력을 보였습니다({ $at }에 발견). 규명될 때까지 이 로그의 기록 증명은 증거가 되지 않습니다.
    .remedy = `corridor log alarms --id { $id } --output FILE`로 증거를 내보내고 `corridor verify FILE --policy POLICY`로 확인한 뒤, 그 로그를 등재한 발행 기관에 알려진 연락 수단으로 전달하십시오.
doctor-copies = 증인이 연서한 로그의 내용은 모두 미러에도 보관되어 있습니다.
doctor-no-mirror = 우리 로그의 미러가 없습니다. 이 디스크를 잃으면 마지막 백업 이후의 기록도 잃게 됩니다.
    .remedy = 양국의 신뢰 목록을 가져오십시오. 또한 증인을 `--mirror`와 함께 운영하고 목록에 등재하도록(`corridor trust add-witness … --mirror URL`) 발행 기관에 요청하십시오.
doctor-uncopied = 연서된 기록 가운데 { $found }건은 미러에 연결할 수 없어 아직 어느 미러에도 보관되지 않았습니다: { $why }
    .remedy = 미러에 연결되도록 조치하십시오. 그때까지 이 디스크를 폐기하지 마십시오. 이 기록이 없으면 로그를 이어 갈 수 없습니다.
trust-succeeded = 로그 { $what }은(는) 리프 { $size }개에서 종료되고 { $found }이(가) 승계합니다. 새 목록을 먼저 이 로그의 노드에, 이어서 모든 노드에 전달하십시오.
witness-ready = 시작되었습니다. { $name }이(가) { $at }에서 연서합니다.
log-checking = 로그를 검사하고 있습니다

## EDIFACT 파일과 디렉터리

trade-accepted = 수리: 메시지 { $messages }건(디렉터리 또는 가이드 대조 { $checked }건), 경고 { $warnings }건.
trade-partly-rejected = 일부 반려: 메시지 { $messages }건(디렉터리 또는 가이드 대조 { $checked }건), 오류 { $errors }건, 경고 { $warnings }건.
trade-rejected = 반려: 메시지 { $messages }건(디렉터리 또는 가이드 대조 { $checked }건), 오류 { $errors }건, 경고 { $warnings }건.
trade-unreadable = 전자문서로 읽을 수 없습니다: 메시지 { $messages }건(대조 { $checked }건), 오류 { $errors }건, 경고 { $warnings }건.
trade-loss = { $what }
trade-losses-more = 이 밖에 { $number }건이 더 있습니다.
trade-guide-added = { $message } 가이드 "{ $name }"을(를) 지금부터 적용합니다.
trade-guide-removed = 가이드 "{ $name }"의 적용을 중지했습니다.
trade-directory-added = 디렉터리 { $name }(메시지 { $messages }건)을 등록했습니다. zip에 들어 있는 사용 허가 조건을 따라야 합니다.
trade-directory-odd = 이상한 부분이 있어 의도를 추정해 읽었습니다: { $what }
trade-directory-collision = 이 행 다음의 세그먼트는 두 행에 해당할 수 있어 앞의 행으로 처리합니다: { $what }

## Mappings

field-doubt = 비고

trade-evidence-done = { $path }에 기록했습니다. corridor verify로 검증할 수 있습니다.
doctor-hub = 허브와 공유하는 폴더를 쓸 수 있습니다.
doctor-hub-refused = 허브 폴더에서 보내지 못한 파일이 { $number }건 있습니다.
    .remedy = { $path }/refused의 .txt에서 이유를 확인하고, 파일을 고쳐 out/에 다시 놓은 뒤 원래 파일을 지우십시오.

## Customs

field-case = 건
field-risk = 위험
field-port = 항구·세관
field-party = 수하인
field-rule = 기준
field-switched-on = 적용 중인 판
field-asks = 조치
field-against = 대상
field-hits = 적중
field-undecided = 심사 대기
field-then-released = 그중 수리
field-then-stopped = 그중 수리 외
field-then-held = 그중 보류
field-then-inspected = 그중 검사지정
field-then-refused = 그중 반려
field-mode = 운용 구분
field-tests = 시험 전문
field-sent-of-late = 30일간 송신
field-received-of-late = 30일간 수신
field-tests-of-late = 30일간 시험
field-took-to-acknowledge = 수령 통지까지(중앙값 / p95)
field-took-to-answer = 응답까지(중앙값 / p95)
field-signed = 서명자
field-refused = 거부
field-why = 원인

## 복원 이후

# args: partner, at
doctor-lacking = 이 노드는 복원되었으나 { $at } 이후 주고받은 문서에 대하여 { $partner }의 회신이 아직 없습니다. 누락된 문서가 있을 수 있습니다.
    .remedy = 상대 기관의 노드에 연결되도록 조치하십시오. 조회는 자동으로 반복됩니다.
doctor-raw-held = 이 노드는 복원되었습니다. 백업 뒤에 로그 { $what }이(가) 무엇을 공개했는지는 확인할 수 없습니다. 이 로그는 가진 내용을 보여 주기만 하고 더는 접수도 서명도 하지 않습니다.
    .remedy = ledger.raw에 다른 이름의 로그를 추가하고, 항목을 올리는 이들에게 그 주소를 알리십시오. 새 로그는 고유한 식별 이름과 키를 가집니다. { $what }은(는) 열람이 필요한 동안 목록에 남겨 두십시오. 잃은 부분은 이 로그를 읽던 곳이 보관하고 있을 수 있습니다.

## Mappings of one's own

trade-mapping-added = { $message } 매핑 "{ $name }"을(를) 지금부터 사용합니다.
trade-mapping-removed = 매핑 "{ $name }"의 사용을 중지했습니다.

field-url = URL
field-issuer = 발급자
field-successor = 승계하는 로그
field-ours = 자기 기관 코드
field-theirs = 상대 기관 코드
field-checkpoint_root = 체크포인트의 루트
field-receipt_state = 상태
