# What the desks of trade say: documents as forms, documents made, the desks of trader and broker.

## Documents as forms

document-form = 서식
form-title = 서식: { $name }
form-none = 이 문서에 맞는 서식이 없습니다
form-none-how = 내용은 ‘본문’ 화면에서 세그먼트별로 확인할 수 있습니다.
form-unmapped = 다음 전문에 맞는 서식이 없습니다. ‘본문’ 화면에서 확인하십시오: { $kinds }
form-all-languages = 3개 국어
form-languages = 항목 이름의 언어
form-totals = 합계
form-totals-caption = 품목 금액을 정확히 합산하여 문서의 기재와 대조합니다
form-totals-of = 금액 종류
form-sum = 계산 합계
form-stated = 기재 합계
form-check = 대조
form-total-agrees = 일치
form-total-differs = 불일치
form-row = 번호
form-part = { $all }건 중 { $first }~{ $last }번째
form-unplaced = 서식에 들어가지 않는 내용
form-unplaced-how = 서식에 해당 항목이 없는 내용입니다. 전문에는 들어 있습니다
form-unplaced-more = 이 밖에 { $n }건이 더 있습니다.
form-place = 세그먼트와 위치
form-says = 내용
form-why = 이유
form-message = 전문 { $all }건 중 { $n }번째
form-message-before = 이전 전문
form-message-after = 다음 전문

## Stowage plans

stow-title = 적부도
stow-vessel = 선명
stow-voyage = 항차
stow-departure = 출항지
stow-containers = 컨테이너 수
stow-discharge = 양하항
stow-bays = 베이
stow-bay = 베이 { $n }
stow-all = 모든 베이
stow-says = 선미에서 본 베이 { $n }. 컨테이너 { $count }개. 아래 표에 같은 내용이 있습니다.
stow-port-side = 좌현
stow-starboard = 우현
stow-table = 적재 컨테이너 목록
stow-table-caption = 그림과 같은 내용입니다. 위치는 베이·로우·티어 순
stow-container = 컨테이너번호
stow-place = 위치
stow-type = 규격·종류
stow-fullness = 적·공 구분
stow-full = 적
stow-empty = 공(E)
stow-weight = 중량
stow-more = 비고
stow-temperature = 온도 관리(R): { $t }
stow-no-place = 선박 내 위치가 아닙니다: { $place }
stow-nothing = 컨테이너가 기재되어 있지 않습니다

## The command line

trade-form-unplaced = 서식에 들어가지 않는 내용: { $what }

## Documents made

make-title = 문서 작성
make-lead = 문서 종류를 고르고 서식을 채운 뒤 내용을 확인하여 송신합니다. 작성 중인 문서는 초안으로 보관할 수 있습니다.
make-kinds = 문서 종류
make-kinds-caption = 여기서 작성할 수 있는 문서
make-kind = 종류
make-message = 전문
make-other-names = 다른 언어 이름
make-drafts = 초안
make-drafts-caption = 초안(최근 저장순)
make-no-drafts = 초안이 없습니다
make-no-drafts-how = 서식 아래의 ‘초안 저장’으로 입력한 내용을 보관할 수 있습니다.
make-templates = 템플릿
make-templates-caption = 템플릿으로 작성해도 템플릿 자체는 바뀌지 않습니다
make-no-templates = 템플릿이 없습니다
make-no-templates-how = 서식 아래의 ‘템플릿으로 저장’으로 반복해서 쓰는 내용을 보관할 수 있습니다.
make-name = 이름
make-name-hint = 초안·템플릿의 이름입니다. 상대 기관에는 보내지 않습니다.
make-delete = 삭제
make-delete-question = ‘{ $name }’을(를) 기관 전체에서 삭제합니다.
make-removed = 삭제했습니다.
make-saved = 초안을 저장했습니다.
make-one = 작성: { $kind }
make-codes-loaded = 디렉터리의 코드표를 입력 후보로 보여 줍니다.
make-codes-not-loaded = 이 전문의 디렉터리가 등록되어 있지 않아 코드 후보 표시와 대조를 하지 않습니다.
make-address = 받는 곳
make-sender = UNB 송신자
make-recipient = UNB 수신자
make-party-hint = ID 또는 ID:한정자. 비워 두면 이 상대 기관과의 최근 교환 데이터와 같게 합니다.
make-syntax = 문자집합
make-syntax-auto = 내용에 맞춤
make-syntax-unoc-3 = 라틴 문자(UNOC, 구문 3)
make-syntax-unox-3 = ISO-2022 일본어·한국어(UNOX, 구문 3)
make-syntax-keca-3 = 한국어(KECA, 구문 3)
make-syntax-unoy-4 = 유니코드(UNOY, 구문 4)
make-test = 시험
make-test-hint = UNB에 시험으로 표시합니다. 상대 기관은 이를 근거로 처리하지 않습니다.
make-keep = 보관
make-save = 초안 저장
make-save-template = 템플릿으로 저장
make-preview = 내용 확인
make-add = ‘{ $what }’ 추가
make-remove = ‘{ $what }’ 빼기
make-choose-partner = 받는 곳을 선택하십시오
make-not-right = 이대로는 송신할 수 없습니다
make-right-checked = 송신할 수 있습니다. 디렉터리와 가이드로 확인했습니다
make-right-unchecked = 송신할 수 있습니다. 디렉터리가 등록되어 있지 않아 형식만 확인했고 코드는 대조하지 않았습니다
make-look = 확인: { $kind }
make-look-lead = 상대 기관이 받게 될 내용입니다. 아직 송신하지 않았습니다.
make-send = 송신
make-edit = 고치기
make-edifact = EDIFACT 전문
make-replaced = 상대 기관 코드로 바꿈
make-replaced-caption = 우리 기관 코드를 상대 기관 코드로 바꾸어 송신합니다
bulk-title = 파일로 일괄 작성
bulk-lead = CSV 또는 JSON 파일에서 송신할 문서 목록을 만듭니다. 오류가 없는 문서만 한 건씩 송신합니다.
bulk-file = 파일
bulk-file-hint = 머리글 행이 있는 CSV 또는 JSON. 최대 { $n }건, { $size }.
bulk-look = 내용 확인
bulk-columns = 문서 종류별 파일의 열
bulk-columns-caption = 문서 종류별 CSV 열. 같은 번호가 이어지는 행은 한 건의 문서가 됩니다
bulk-looked = 송신 내용 목록
bulk-caption = 파일의 문서(기재순)
bulk-row = 행
bulk-remarks = 확인 결과
bulk-remark = { $row }행: { $what }
bulk-losses = 파일 내용 일부가 어느 문서에도 들어가지 않습니다
bulk-right = 송신 가능
bulk-wrong = 수정 필요
bulk-was-sent = 송신됨
bulk-not-sent = 미송신
bulk-all-right = { $n }건 모두 송신할 수 있습니다
bulk-some-right = { $all }건 중 { $right }건을 송신할 수 있습니다. 나머지는 송신하지 않습니다
bulk-send = 송신 가능한 { $n }건 송신
bulk-sent = { $n }건을 송신했습니다
bulk-some-sent = { $all }건 중 { $n }건을 송신했습니다

## Codes of partners

codes-kind = 종류
codes-kind-hs = HS 코드
codes-kind-unlocode = 장소(UN/LOCODE)
codes-kind-unit = 단위·포장
codes-kind-party = 당사자
codes-ours = 우리 기관
codes-theirs = 상대 기관

## The trader’s desk

desk-latest = 최근 거래
desk-latest-caption = 최근에 움직인 순
desk-none = 아직 거래가 없습니다
desk-none-how = 발주·부킹·적하목록·신고 중 하나가 오가면 여기에 표시됩니다.
desk-stands = 진행 상황
stage-ordered = 발주
stage-booked = 부킹
stage-reported = 적하목록
stage-declared = 신고
stage-released = 수리
standing-open = 아직 없음
standing-waiting = 대기 중
standing-refused = 반려
standing-done = 완료
compare-title = 문서 비교
compare-lead = 두 문서의 같은 항목을 한 줄에 나란히 놓았습니다. 공급자와 매도인처럼 이름이 다른 항목도 맞추며, 품목은 품번으로 대조합니다.
compare-first = 첫 번째 문서
compare-second = 두 번째 문서
compare-first-card = 첫 번째
compare-second-card = 두 번째
compare-show = 표시
compare-show-all = 전체
compare-show-differs = 다른 항목만
compare-none = 비교할 문서를 고르십시오
compare-none-how = 거래를 열고 문서 두 건을 고르십시오.
compare-same = 다른 항목이 없습니다
compare-differ = { $all }개 항목 중 { $n }개가 다르거나 한쪽 문서에만 있습니다
compare-caption = { $n }개 항목
compare-field = 항목
compare-is-same = 일치
compare-is-different = 불일치
compare-is-alone = 한쪽만
codes-title = 코드 변환
codes-lead = 상대 기관별 우리 기관 코드와 상대 기관 코드의 대응표입니다. 문서를 만들 때 바꾸어 넣고 송신 전에 보여 줍니다.
codes-which = 상대 기관을 고르십시오
codes-which-how = 대응표는 상대 기관마다 따로 있습니다.
codes-caption = 코드 { $n }건
codes-none = 아직 대응표가 없습니다
codes-none-how = kind, ours, theirs 열이 있는 파일을 가져오십시오.
codes-import = 가져오기
codes-import-do = 이 내용으로 대응표 바꾸기
codes-file = 파일
codes-file-hint = kind(hs, unlocode, unit, party), ours, theirs 열이 있는 CSV. 최대 { $size }.
codes-imported = 대응표를 바꾸었습니다. 이제부터 만드는 문서에 적용합니다.
codes-export = CSV로 내보내기

## The broker’s desk

rejects-title = 반려 목록
rejects-lead = 상대 기관이나 세관이 반려했거나 배달되지 않은 문서 가운데 아직 정정되지 않은 것입니다. 정정에 대한 응답이 오면 목록에서 빠집니다.
rejects-caption = 반려된 문서(최근 송신순)
rejects-cause = 반려 구분
rejects-says = 사유
rejects-when = 반려 일시
rejects-any = 전체
rejects-none = 반려된 문서가 없습니다
rejects-none-how = 상대 기관이나 세관이 반려한 문서가 사유와 함께 여기에 표시됩니다.
rejects-none-such = 조건에 맞는 반려 문서가 없습니다
rejects-none-such-how = 다른 상대 기관이나 구분에는 있을 수 있습니다.
rejects-more-lines = { $n }줄 더 있음
rejects-open = 정정 필요
rejects-amended = 정정함·응답 대기
rejects-amendment = 정정한 문서
rejects-answer = 반려 응답
rejects-not-in-queue = 이 문서는 반려 목록에 없지만 정정하여 송신할 수 있습니다.
rejects-amended-already = 이미 정정을 송신했고 응답을 기다리는 중입니다.
cause-contrl = 판독 불가(CONTRL)
cause-aperak = 업무 오류(APERAK)
cause-cusres = 세관(CUSRES)
cause-refused = 상대 노드 거부
cause-undelivered = 미배달
amend-title = 정정하여 재송신 { $number }
amend-look = 정정 내용 확인 { $number }
amend-lead = 반려된 내용을 정정하고 처리구분을 고른 뒤 확인하여 송신합니다.
amend-as-legend = 처리구분
amend-as = 처리구분(BGM 1225)
amend-as-original = 원본(9)
amend-as-original-hint = 상대 기관이 접수하지 않은 경우. 판독하지 못했거나 받지 못했을 때.
amend-as-replacement = 대체(5)
amend-as-replacement-hint = 상대 기관이 받고 나서 내용을 반려한 경우. 이전 전문을 대체합니다.
amend-as-cancellation = 취소(1)
amend-as-cancellation-hint = 이전 전문을 취소하고 대신하는 전문은 보내지 않습니다.
amend-would-lose = 이 전문에는 서식에 들어가지 않는 내용이 있습니다. 아래 내용은 송신되지 않으므로 텍스트로 정정하십시오.
amend-no-form = 이 교환 데이터에 맞는 서식이 없어 텍스트로 정정합니다.
amend-text = 텍스트
amend-text-hint = 한 줄에 한 세그먼트. 참조번호·일시·건수는 송신할 때 새로 적습니다.
amend-positions = 오류 위치
amend-positions-caption = 송신한 내용에서 이 노드가 찾은 것
amend-line = 줄
amend-segment = 세그먼트
amend-goes-as = 처리구분: { $what }
amend-send = 정정 송신
amends = 정정: { $what }
trade-codes-imported = 이제부터 { $partner }의 코드 { $number }건을 적용합니다.

## 협약: 작성, 확인, 부서

flow-open = 각 기관의 설정에 따름
flow-open-hint = 운영인지 시험인지, 시험 전문을 받을지를 각 기관이 스스로 설정합니다.
flow-production = 운영(시험 불가)
flow-production-hint = 오가는 것은 실제로 처리합니다. 시험 전문(UNB 0035)은 CONTRL "시험 표시를 지원하지 않음"(25)으로 거부합니다.
flow-both = 운영(시험 가능)
flow-both-hint = 오가는 것은 실제로 처리합니다. 시험 전문(UNB 0035)도 받아서 표시하며 통계에는 넣지 않습니다.
flow-test = 시험
flow-test-hint = 이 협약에 따라 오가는 것은 전문의 표시와 관계없이 모두 시험으로 처리합니다.
agreement-flow = 운영·시험 구분
agreement-terms = 협약 내용
agreement-answers = 응답 기한
agreement-no-answers = 정한 바 없음
agreement-pending = 기록 증명 보류 기한
agreement-hours = { $n }시간
agreement-book = 우리 기관의 기록
agreement-recorded = 기록 일시
agreement-digest = 서명된 본문의 SHA-256
agreement-id = 식별자
agreement-file = 서명된 협약서 내려받기
agreement-proposed = 협약서를 작성하고 우리 기관이 서명했습니다
agreement-proposed-next = 내려받아 상대 기관에 전달하십시오. 상대 기관이 서명하여 돌려보낼 때까지 이 협약으로는 아무것도 오가지 않습니다.
agreement-signed = 양측의 서명이 갖추어졌습니다
agreement-signed-next = 내려받아 상대 기관에 돌려보내십시오. 그래야 상대 기관에서도 효력이 생깁니다.
desk-agreed-flow = 협약에서 정함
accept-title = 협약서 접수
accept-lead = 상대 기관이 서명한 협약서, 또는 우리 협약서에 상대 기관이 서명한 것을 선택합니다. 서명하기 전에 내용을 확인할 수 있습니다.
accept-file = 상대 기관이 서명한 협약서
accept-file-hint = corridor/agreement/v1로 시작하는 텍스트 파일(최대 256 KiB).
accept-read = 내용 확인
accept-look = 협약 내용 확인
accept-question = 아직 서명하지 않았습니다
accept-question-how = 내용을 확인하십시오. 서명하면 상대 기관의 서명을 검증한 뒤 우리 기관의 서명을 더하며, 협약은 정해진 기간 동안 효력을 가집니다.
accept-sign = 우리 기관으로 서명
propose-title = 협약서 작성
propose-with = { $partner }와(과)의 협약
propose-lead = 오갈 수 있는 문서, 운영·시험 구분, 응답 기한을 정합니다. 우리 기관이 먼저 서명하고, 상대 기관도 서명하면 효력이 생깁니다.
propose-do = 우리 기관으로 서명
propose-what = 오갈 수 있는 문서
propose-purpose-en = 목적(영어)
propose-purpose-ja = 목적(일본어)
propose-purpose-ko = 목적(한국어)
propose-kinds = 문서 종류
propose-kinds-hint = 무역 EDI 전문은 edifact. 여럿이면 쉼표로 구분합니다.
propose-direction = 보낼 수 있는 기관
propose-direction-both = 양측
propose-direction-out = 우리 기관
propose-direction-in = 상대 기관
propose-size = 문서의 최대 크기
propose-days = 유효 일수
propose-pending = 기록 증명 보류 기한(시간)
propose-pending-hint = 비워 두면 72시간입니다. 넘기면 새로운 송수신을 시작하지 않습니다.
propose-flow = 운영·시험 구분
propose-answers-how = 기한까지 응답 전문이 오지 않으면 원래 전문을 다시 보내고, 그래도 오지 않으면 담당자에게 알립니다. 비워 둔 줄은 정하지 않은 것으로 봅니다.
propose-answer = 응답 { $n }
propose-message = 보내는 전문
propose-by = 응답하는 전문
propose-time = 기한
propose-unit = 기한 단위
propose-unit-m = 분
propose-unit-h = 시간
propose-unit-d = 일
propose-resend = 재송신 횟수
propose-add = 응답 추가
propose-content = 전문 내용의 심사
propose-aperak = APERAK로 응답할 전문
propose-aperak-hint = 예: CUSCAR, CUSDEC. 내용의 오류를 CONTRL이 아니라 APERAK로 응답합니다. 비워 두면 CONTRL로 응답합니다.
propose-codes = 디렉터리에 없는 코드도 오류로 봄
propose-wrong-purpose = 적어도 한 언어로 목적을 입력하십시오
propose-wrong-kinds = edifact처럼 소문자로 입력하십시오
propose-wrong-days = 1에서 36500까지의 일수를 입력하십시오
propose-wrong-pending = 1에서 744까지의 시간을 입력하십시오
propose-wrong-answer = CUSCAR, CUSRES 같은 전문 종류 두 가지와 31일 이내의 기한, 10회 이내의 재송신 횟수를 입력하십시오
propose-wrong-aperak = CUSCAR 같은 전문 종류를 입력하십시오. CONTRL과 APERAK는 그 자체가 응답입니다

## Codes of partners, beside ours

form-ours = 우리 코드: { $code }
trade-code = { $place }: 상대 기관의 { $theirs }은(는) 우리의 { $ours }

## Objects in interchanges

tree-object = 길이를 선언한 객체

## 정정: 전문별

amend-message = 전문 { $n } / { $all }
amend-message-to = 전문 { $n }로: { $kind } { $number }
amend-alone = 이 전문만 보내기
amend-alone-hint = 상대 기관이 나머지 전문을 이미 접수한 경우에 선택합니다. 선택하지 않으면 여기 있는 대로 모든 전문을 다시 보냅니다.
amend-no-form-message = 이 전문에 맞는 서식이 없습니다. 그대로 보내거나 텍스트로 정정하십시오.

## Mappings of one's own

form-mapping = 표시에 쓸 매핑
make-own = 자체 매핑
