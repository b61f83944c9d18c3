# What fields of documents are called: our own words, not those of the UN directory.

## Labels of fields, put together

label-of = { $whose } { $what }

## Whose

whose-buyer = 매수인
whose-seller = 매도인
whose-supplier = 공급자
whose-delivery = 납품처
whose-consignor = 송하인
whose-consignee = 수하인
whose-notify = 통지처
whose-carrier = 운송인
whose-forwarder = 포워더
whose-exporter = 수출자
whose-importer = 수입자
whose-declarant = 신고인
whose-sender = 전문 송신자
whose-recipient = 전문 수신자
whose-shipper = 화주
whose-invoicee = 청구처
whose-agent = 대리인
whose-payer = 지급인
whose-warehouse = 창고
whose-manufacturer = 제조자
whose-operator = 운항자
whose-terminal = 터미널

## What

what-id = 코드
what-id-list = 코드표
what-id-agency = 코드 관리기관
what-name = 상호
what-street = 도로명·번지
what-city = 시·군·구
what-postcode = 우편번호
what-country = 국가
what-region = 시·도
what-tax-id = 사업자등록번호
what-contact = 담당자
what-phone = 전화
what-mail = 전자우편
what-reference = 참조번호

## Fields

field-number = 문서번호
field-function = 처리구분
field-response = 응답구분
field-date = 문서일자
field-issued = 작성일시
field-delivery-date = 납기일
field-due-date = 지급기일
field-remarks = 비고
field-contract = 계약번호
field-order = 발주번호
field-invoice = 송장번호
field-booking = 부킹번호
field-bill-of-lading = 선하증권번호
field-master-bill = 마스터 B/L 번호
field-declaration = 신고번호
field-answers = 응답 대상 전문
field-reference = 참조번호
field-declarant-reference = 신고인 관리번호
field-forwarder-reference = 포워더 관리번호
field-currency = 통화
field-total = 총금액
field-lines-total = 품목 합계
field-tax-total = 세액 합계
field-invoice-total = 송장 총금액
field-incoterm = 거래조건(인코텀스)
field-incoterm-place = 거래조건 장소
field-item = 품번
field-item-scheme = 품번 체계
field-hs = HS 코드(세번)
field-description = 품명
field-description-2 = 품명(계속)
field-quantity = 수량
field-unit = 단위
field-amount = 금액
field-price = 단가
field-tax-rate = 세율
field-rate = 세율
field-value = 가격
field-packages = 포장 개수
field-package-type = 포장 종류
field-gross-weight = 총중량(kg)
field-net-weight = 순중량(kg)
field-verified-gross-mass = 검증총중량 VGM(kg)
field-volume = 용적(m³)
field-marks = 화인
field-marks-2 = 화인(계속)
field-container = 컨테이너번호
field-containers-number = 컨테이너번호
field-type = 종류
field-containers-type = 규격·종류
field-taxes-type = 세목
field-fullness = 적·공 구분
field-seal = 봉인번호
field-sealed-by = 봉인자
field-temperature = 온도(°C)
field-units = 수량(대)
field-voyage = 항차
field-mode = 운송수단
field-means = 운송수단 종류
field-carriage = 운송조건
field-operator = 운항자
field-carrier-code = 운송인 코드
field-vessel-call-sign = 호출부호
field-vessel-name = 선명
field-vessel-flag = 선적국
field-departure-place = 출발지
field-next-port = 차항
field-port-of-loading = 선적항
field-port-of-loading-terminal = 선적 터미널
field-port-of-discharge = 양하항
field-port-of-discharge-terminal = 양하 터미널
field-place-of-receipt = 수령지
field-place-of-delivery = 인도지
field-departure = 출항일시
field-arrival = 입항일시
field-customs-office = 세관
field-country-of-export = 수출국
field-country-of-destination = 목적국
field-origin = 원산지
field-contact = 담당자
field-phone = 전화
field-mail = 전자우편
field-authentication = 인증값
field-authentication-key = 인증키
field-processed = 처리일시
field-state = 상태
field-text = 내용
field-section = 구분
field-errors-item = 항목
field-sub-item = 세목
field-segment = 세그먼트
field-position = 전문 내 위치
field-code = 코드
field-agency = 관리기관

## Lists

list-lines = 품목
list-items = 품목
list-goods = 화물
list-containers = 컨테이너
list-consignments = B/L별 화물
list-loads = 적입
list-taxes = 세금·관세
list-states = 상태
list-errors = 오류
list-packages = 포장
list-seals = 봉인
list-persons = 승객·승무원
list-legs = 구간
list-parties = 당사자
list-stops = 기항지
list-documents = 서류

## Words that mappings put for codes

word-original = 원본
word-replacement = 대체
word-cancellation = 취소
word-change = 변경
word-sea = 해상
word-rail = 철도
word-road = 도로
word-air = 항공
word-inland-water = 내수로
word-empty = 공
word-full = 적
word-full-mixed = 적(혼재)
word-accepted = 수리
word-accepted-with-changes = 수정 수리
word-refused = 거부
word-conditional = 조건부
word-not-accepted = 불수리
word-carrier = 운송인
word-shipper = 화주
word-customs = 세관
word-terminal = 터미널

## What happens to a transaction

event-amended = 정정하여 재송신

## What is found before a document is sent

ready-missing = 반드시 입력해야 합니다
ready-form-number = 숫자를 입력하십시오(예: 1250000, 12.5)
ready-form-date = 날짜를 입력하십시오(예: 2026-11-28)
ready-form-time = 일시를 입력하십시오(예: 2026-11-28T09:15)
ready-form-text = 형식이 올바르지 않습니다
ready-length = 너무 깁니다. 전문에는 { $most }자까지 들어갑니다
ready-code = 이 항목에서 쓸 수 있는 코드가 아닙니다
ready-characters = { $syntax } 전문에서 쓸 수 없는 문자가 있습니다
ready-decimals = { $currency } 금액은 소수 { $n }자리까지입니다
ready-total = { $label }: 품목 합계는 { $sum }이나 문서에는 { $stated }(으)로 적혀 있습니다
ready-unknown = 이 이름의 항목은 전문에 없습니다
ready-test = 이 상대 기관과의 협약은 시험 전문을 받지 않습니다
ready-person = 개인에 관한 항목입니다. 문서를 봉인하고 파기할 수 있도록 대상 개인을 지정하십시오
ready-untranslated = { $code }에 대응하는 상대 기관의 코드가 없어 그대로 보냅니다

## 문서 안의 위치

list-entry = { $list ->
   *[other] { $name }
} { $number }
field-of = { $entry }의 { $field }
field-at = { $field }, 세그먼트 { $segment }
