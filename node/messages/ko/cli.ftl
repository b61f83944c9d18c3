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
title-acknowledgement = 서명된 수령 확인:
title-answers = 이 문서에 대한 회신:
title-anchors = 신뢰 목록 발행처
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
field-messages = 메시지 수
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
field-waiting = 자리 대기
field-covered = 두 나라 연서 완료
field-pending_since = 연서 대기 시작
field-tiles = 대조한 타일
field-checkpoints = 대조한 체크포인트
field-difference = 첫 차이
field-tree = 트리 크기
field-root = 루트
field-hashes = 증명
field-cosigned = 연서한 크기
field-failures = 연속 실패
field-last_error = 최근 오류

## Words

word-sending = 보내는 중
word-delivered = 전달됨
word-refused = 거부됨
word-failed = 중단됨
word-receiving = 받는 중
word-received = 받음
word-proposed = 제안됨
word-concluded = 체결됨
word-ended = 종료됨
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

## Commands

init-done = 준비되었습니다. 설정 파일: { $config }. 데이터: { $data }.
init-next = 다음으로 DID 문서(`corridor key document`)를 자국의 신뢰 목록 발행 기관에 전달하고, 설정 파일에 그 발행처를 적은 뒤 `corridor serve`로 시작하십시오.
serve-ready = 시작되었습니다. 상대 기관용: { $public }. API: { $api }.
serve-stopping = 중지합니다. 접수한 일을 마무리하고 있습니다.
send-progress = 보냄 { $done } / { $size }
send-waiting = 상대 기관의 수령 확인을 기다리고 있습니다
send-queued = 접수되었습니다. 수령 확인이 올 때까지 상대 기관에 보냅니다.
send-delivered = 상대 기관이 수령을 확인했습니다.
send-late = 아직 수령 확인이 없습니다. 계속 보내고 있습니다. `corridor outbox show`로 확인하십시오.
read-progress = 읽음 { $done } / { $size }
read-done = { $path }에 기록했습니다({ $size }). 보낸 쪽이 서명한 내용과 일치합니다.
token-once = 토큰을 지금 보관하십시오. 다시 표시할 수 없습니다.
token-revoked = 토큰 { $id }을(를) 무효로 했습니다.
key-rotated = 지금까지의 키로 계속 서명합니다. 새 DID 문서를 신뢰 목록 발행 기관에 전달하십시오. 목록에 실리면 새 키로 바뀝니다.
partner-answers = 상대 기관이 응답하며 키가 신뢰 목록과 일치합니다.
agreement-proposed = 우리 쪽이 서명했습니다. { $path }을(를) 상대 기관에 전달하십시오. 상대 기관이 서명하여 돌아오면 효력이 생깁니다.
backup-done = 백업을 만들었습니다: { $path }(파일 문서 { $found }건). 키가 들어 있으므로 노드만큼 안전하게 보관하십시오.
backup-progress = { $what }: { $done }
restore-done = { $at } 시점의 내용을 { $path }에 복원했습니다.

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
change-log-added = + { $who }의 노드가 로그 { $log }을(를) 두고 { $witness }(으)로 연서
change-log-replaced = ! { $who }의 노드 로그의 키가 { $before }에서 { $after }(으)로 바뀌었습니다. 발행 기관에 이유를 확인하십시오
change-log-dropped = ! { $who }의 노드 로그 { $log }이(가) 목록에서 사라졌습니다. 발행 기관에 이유를 확인하십시오
change-witness-replaced = ~ { $who }의 노드가 연서하는 키가 { $before }에서 { $after }(으)로 변경
change-ledger-address = ~ { $who }의 노드 로그, 증인 또는 미러의 주소가 { $before }에서 { $after }(으)로 변경
change-anchor-witness-added = + 발행 기관의 증인 { $name }({ $key }) 추가, 주소 { $url }
change-anchor-witness-replaced = ~ 발행 기관의 증인 { $name }의 연서 키가 { $before }에서 { $after }(으)로 변경
change-anchor-witness-address = ~ 발행 기관의 증인 { $name }의 주소가 { $before }에서 { $after }(으)로 변경
change-anchor-witness-dropped = - 발행 기관의 증인 { $name } 제외

## Doctor

doctor-config = 설정이 올바릅니다.
doctor-directory = 데이터 디렉터리가 이 사용자의 것이며 다른 사용자에게 닫혀 있습니다.
doctor-keys = 키 파일이 다른 사용자에게 닫혀 있습니다.
doctor-space = 남은 공간이 충분합니다.
doctor-database = 데이터베이스가 응답하며 예상한 형식입니다.
doctor-certificate = 인증서가 유효합니다.
doctor-trust = 신뢰 목록이 유효합니다.
doctor-listed = 신뢰 목록에 이 참가 기관과 지금 서명하는 키가 실려 있습니다.
doctor-outbox = 전달이 중단된 문서가 없습니다.
doctor-partner = 응답하며 키가 신뢰 목록과 일치합니다.
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
doctor-recognition-ends = { $country }와의 상호 인정이 { $at }에 끝납니다.
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
doctor-ledger-unlisted = 신뢰 목록에 실린 로그와 증인이 이 노드의 것과 다릅니다. 영수증이 인정되지 않습니다.
    .remedy = DID 문서(`corridor key document`)를 신뢰 목록 발행 기관에 전달하고 새 목록을 가져오십시오.
doctor-no-witness = { $country }에는 우리 로그에 연서할 증인이 신뢰 목록에 없습니다. 영수증이 완성되지 않은 채로 남습니다.
    .remedy = 그 나라의 발행 기관에 증인 등재(`corridor trust add-witness`)를 요청하고 새 목록을 가져오십시오.
witness-ready = 시작되었습니다. { $name }이(가) { $at }에서 연서합니다.
log-checking = 로그를 검사하고 있습니다
