# EDIFACT를 위한 자체적인 쉬운 용어. 유엔 디렉터리의 사본이 아니다.
## Levels and places of findings

level-interchange = 교환 데이터
level-group = 그룹 { $number }
level-message = 메시지 { $number }
level-package = 패키지 { $number }
place-segment = 세그먼트 { $number }({ $tag })
place-segment-in-message = 메시지 안의 세그먼트 { $number }({ $tag })
place-group = 그룹 { $group }
place-element = 데이터 항목 { $number }
place-component = 구성 항목 { $number }
place-byte = 바이트 { $number }
finding = { $level }: { $what }(코드 { $code })
finding-differs = {" "}– 기대값 { $expected }, 실제 { $found }
finding-expected = {" "}– 필요한 값: { $expected }
finding-found = {" "}– 실제 { $found }

## Syntax errors (ISO 9735, data element 0085), in our own words

syntax-error-2 = 이 구문 식별자 또는 구문 버전은 지원되지 않습니다
syntax-error-7 = 수신인이 실제 수신자와 다릅니다
syntax-error-12 = 값이 올바르지 않습니다
syntax-error-13 = 필수 내용이 없습니다
syntax-error-14 = 이 위치에서는 이 값을 지원하지 않습니다
syntax-error-15 = 이 위치에서는 사용할 수 없습니다
syntax-error-16 = 데이터 항목 또는 구성 항목이 너무 많습니다
syntax-error-17 = 이에 대한 약정이 없습니다
syntax-error-18 = 자세히 설명되지 않은 오류입니다
syntax-error-19 = 소수점 기호가 올바르지 않습니다
syntax-error-20 = 서비스 문자로 쓸 수 없는 문자입니다
syntax-error-21 = 허용되지 않는 문자가 있습니다
syntax-error-22 = 선언되지 않은 서비스 문자입니다
syntax-error-23 = 송신인을 알 수 없습니다
syntax-error-24 = 교환 데이터가 너무 오래되었습니다
syntax-error-25 = 시험 전송은 받지 않습니다
syntax-error-26 = 이미 받은 것입니다(중복)
syntax-error-27 = 지원되지 않는 보안 기능입니다
syntax-error-28 = 시작과 끝의 참조번호가 일치하지 않습니다
syntax-error-29 = 신고된 개수와 실제 개수가 일치하지 않습니다
syntax-error-30 = 그룹과 메시지가 같은 단계에 섞여 있습니다
syntax-error-31 = 한 그룹에 여러 종류의 메시지가 있습니다
syntax-error-32 = 내용이 없습니다
syntax-error-33 = 메시지 밖에 데이터가 있습니다
syntax-error-34 = 여기서는 중첩 표시를 쓸 수 없습니다
syntax-error-35 = 데이터 항목 또는 세그먼트의 반복이 너무 많습니다
syntax-error-36 = 세그먼트 그룹의 반복이 너무 많습니다
syntax-error-37 = 문자 종류가 다릅니다(숫자와 글자)
syntax-error-38 = 소수점 앞에 숫자가 없습니다
syntax-error-39 = 너무 깁니다
syntax-error-40 = 너무 짧습니다
syntax-error-41 = 통신망의 영구 장애입니다
syntax-error-42 = 통신망의 일시 장애입니다
syntax-error-43 = 수신인을 알 수 없습니다
syntax-error-45 = 끝에 불필요한 구분자가 있습니다
syntax-error-46 = 지원되지 않는 문자 집합입니다
syntax-error-47 = 지원되지 않는 봉투 형식입니다
syntax-error-48 = 서로 의존하는 항목의 조합이 올바르지 않습니다
syntax-error-other = 오류 { $code }

## Answers

action-rejected = 반려
action-acknowledged = 수리
action-received = 수신
contrl-interchange = 교환 데이터 { $reference }: { $action }
contrl-group = 그룹 { $reference }: { $action }
contrl-message = 메시지 { $reference }({ $kind }): { $action }
contrl-segment = 세그먼트 { $number }: { $what }
contrl-error = { $what }(코드 { $code })
response-accepted = { $kind } { $number }: 수리
response-rejected = { $kind } { $number }: 반려
response-stated = { $kind } { $number }: 통지 내용 { $states }
response-error = { $code }: { $text }
response-error-at = { $code }: { $text } — { $place }
state-sent = 보냄, 응답 대기
state-received = 상대 기관이 수신함
state-accepted = 수리됨
state-partly-rejected = 일부 반려됨
state-rejected = 반려됨

## 거래의 경과

event-sent = 발신
event-received = 수신
event-delivered = 전송 수령 통지: 상대 기관에 도착
event-refused = 전송 단계에서 거부
event-failed = 전달하지 못함
event-answer-received = 수령 통지
event-answer-accepted = 수리
event-answer-partly-rejected = 일부 반려
event-answer-rejected = 반려
event-answer-stated = 상대 기관 코드로 회신
role-document = 메시지 번호
role-order = 발주 번호
role-booking = 부킹 번호
role-bill-of-lading = 선하증권 번호
role-container = 컨테이너 번호
role-declaration = 신고 번호
role-invoice = 송장 번호
role-previous = 회신 대상

## The tree

tree-before = … 앞에 세그먼트 { $number }개
tree-after = … 남은 세그먼트 { $number }개
tree-group = 그룹 { $reference }
tree-message = { $name } { $reference }({ $kind })

## Messages

message-APERAK = 업무 오류 및 확인 통보
message-BAPLIE = 본선적부도
message-COARRI = 컨테이너 양적하보고
message-CODECO = 컨테이너 반출입보고
message-CONTRL = 구문 확인 응답
message-COPARN = 컨테이너 반출·인수지시
message-CUSCAR = 적하목록
message-CUSDEC = 수출입신고
message-CUSREP = 입출항보고
message-CUSRES = 세관 응답
message-DESADV = 출하통지
message-IFTMBC = 부킹 확인
message-IFTMBF = 부킹 요청
message-IFTMCS = 선하증권
message-IFTMIN = 선적지시
message-INVOIC = 상업송장
message-ORDERS = 발주서
message-ORDRSP = 발주 회신
message-PAXLST = 승객·승무원명부
message-RECADV = 입고 통지

## Segments

segment-AUT = 인증 결과
segment-ALC = 할인 또는 할증
segment-BGM = 문서의 종류와 번호
segment-CNI = 화물 건(B/L 단위)
segment-CNT = 확인용 합계
segment-COM = 연락 수단(전화·메일)
segment-CPI = 비용 지급 조건
segment-CPS = 포장 단계
segment-CST = 물품의 통관 구분
segment-CTA = 담당자
segment-CUX = 통화
segment-DGS = 위험물
segment-DIM = 치수
segment-DOC = 첨부 서류
segment-DTM = 일시
segment-EQD = 컨테이너 등 장비
segment-ERC = 오류
segment-FTX = 자유 기재
segment-GEI = 처리 구분
segment-GID = 품목
segment-GIS = 처리 표시
segment-HAN = 취급 방법
segment-IMD = 품목 설명
segment-LIN = 명세 행
segment-LOC = 장소
segment-MEA = 계량
segment-MOA = 금액
segment-NAD = 관계자(명칭·주소)
segment-PAC = 포장
segment-PAT = 지급 조건
segment-PCI = 화인
segment-PIA = 추가 품목번호
segment-PRI = 단가
segment-QTY = 수량
segment-RFF = 참조번호
segment-RNG = 범위
segment-SEL = 봉인
segment-SGP = 이 컨테이너의 화물
segment-STS = 상태
segment-TAX = 세금·관세
segment-TDT = 운송 수단
segment-TMP = 온도
segment-TOD = 인도 조건
segment-TSR = 운송 조건
segment-UCD = 데이터 항목 오류
segment-UCF = 그룹에 대한 응답
segment-UCI = 교환 데이터에 대한 응답
segment-UCM = 메시지에 대한 응답
segment-UCS = 세그먼트 오류
segment-UNB = 교환 데이터 시작
segment-UNE = 그룹 끝
segment-UNG = 그룹 시작
segment-UNH = 메시지 시작
segment-UNO = 첨부 객체 시작
segment-UNP = 첨부 객체 끝
segment-UNS = 구역 구분
segment-UNT = 메시지 끝
segment-UNZ = 교환 데이터 끝

## Elements

element-AUT-1 = 값
element-AUT-2 = 키
element-BGM-1 = 문서
element-BGM-2 = 번호
element-BGM-3 = 기능
element-CNI-1 = 순번
element-CNI-2 = B/L 또는 문서
element-CNT-1-1 = 대상
element-CNT-1-2 = 합계
element-CNT-1-3 = 단위
element-COM-1-1 = 연락처
element-COM-1-2 = 수단
element-CST-1 = 순번
element-CST-2 = 세번 등 코드
element-CTA-1 = 역할
element-CTA-2 = 이름·부서
element-CUX-1-2 = 통화
element-DGS-1 = 규정
element-DGS-2 = 등급
element-DGS-3 = 유엔번호
element-DOC-1 = 서류
element-DOC-2 = 번호
element-DTM-1-1 = 구분
element-DTM-1-2 = 일시
element-DTM-1-3 = 형식
element-EQD-1 = 종류
element-EQD-2 = 번호
element-EQD-3 = 크기·유형
element-EQD-5 = 상태
element-EQD-6 = 적재·공
element-ERC-1 = 오류
element-FTX-1 = 구분
element-FTX-4 = 본문
element-GEI-1 = 구분
element-GEI-2 = 처리
element-GID-1 = 순번
element-GID-2 = 개수·포장
element-GIS-1 = 처리
element-HAN-1 = 취급
element-HAN-2 = 위험성
element-IMD-3 = 설명
element-LIN-1 = 행
element-LIN-3 = 품목번호
element-LOC-1 = 구분
element-LOC-2 = 장소
element-LOC-3 = 관련 장소
element-MEA-1 = 목적
element-MEA-2 = 항목
element-MEA-3 = 값
element-MOA-1-1 = 구분
element-MOA-1-2 = 금액
element-MOA-1-3 = 통화
element-NAD-1 = 역할
element-NAD-2 = 코드
element-NAD-3 = 명칭·주소
element-NAD-4 = 명칭
element-NAD-5 = 도로명
element-NAD-6 = 도시
element-NAD-7 = 지역
element-NAD-8 = 우편번호
element-NAD-9 = 국가
element-PAC-1 = 개수
element-PAC-3 = 포장 종류
element-PCI-2 = 화인
element-PIA-2 = 품목번호
element-PRI-1-1 = 구분
element-PRI-1-2 = 단가
element-QTY-1-1 = 구분
element-QTY-1-2 = 수량
element-QTY-1-3 = 단위
element-RFF-1-1 = 구분
element-RFF-1-2 = 번호
element-RNG-1 = 구분
element-RNG-2 = 범위
element-SEL-1 = 번호
element-SEL-2 = 봉인자
element-SGP-1 = 컨테이너
element-SGP-2 = 개수
element-TDT-1 = 구간
element-TDT-2 = 항차
element-TDT-3 = 운송 방식
element-TDT-4 = 수단 종류
element-TDT-5 = 운송인
element-TDT-8 = 선박·차량
element-TMP-1 = 구분
element-TMP-2 = 온도
element-TSR-1 = 계약
element-TSR-2 = 서비스
element-UCD-1 = 오류
element-UCD-2 = 위치
element-UCI-1 = 교환 데이터
element-UCI-2 = 송신인
element-UCI-3 = 수신인
element-UCI-4 = 응답
element-UCI-5 = 오류
element-UCI-6 = 위치
element-UCI-7 = 위치
element-UCM-1 = 메시지
element-UCM-2 = 종류
element-UCM-3 = 응답
element-UCM-4 = 오류
element-UCM-5 = 위치
element-UCM-6 = 위치
element-UCS-1 = 세그먼트
element-UCS-2 = 오류
element-UNB-1 = 구문
element-UNB-2 = 송신인
element-UNB-3 = 수신인
element-UNB-4 = 작성 일시
element-UNB-5 = 참조번호
element-UNB-7 = 업무
element-UNB-9 = 응답 요청
element-UNB-10 = 약정
element-UNB-11 = 시험
element-UNE-1 = 메시지 수
element-UNE-2 = 참조번호
element-UNG-1 = 종류
element-UNG-2 = 송신 업무
element-UNG-3 = 수신 업무
element-UNG-4 = 작성 일시
element-UNG-5 = 참조번호
element-UNH-1 = 참조번호
element-UNH-2 = 종류
element-UNO-1 = 참조번호
element-UNO-4 = 바이트 길이
element-UNP-1 = 바이트 길이
element-UNP-2 = 참조번호
element-UNT-1 = 세그먼트 수
element-UNT-2 = 참조번호
element-UNZ-1 = 메시지 수 또는 그룹 수
element-UNZ-2 = 참조번호

## Codes that are met every day

code-BGM-1-1-85 = 세관 적하목록
code-BGM-1-1-220 = 발주
code-BGM-1-1-351 = 출하 통지
code-BGM-1-1-380 = 상업 송장
code-BGM-1-1-785 = 적하목록
code-BGM-3-1-1 = 취소
code-BGM-3-1-4 = 변경
code-BGM-3-1-5 = 대체
code-BGM-3-1-9 = 원본
code-CNT-1-1-7 = 총중량
code-CNT-1-1-8 = 품목 수
code-CNT-1-1-10 = 화물 건수
code-CNT-1-1-11 = 포장 개수
code-CNT-1-1-16 = 컨테이너 수
code-COM-1-2-EM = 전자우편
code-COM-1-2-FX = 팩스
code-COM-1-2-TE = 전화
code-CTA-1-1-IC = 문의처
code-DTM-1-1-132 = 도착 예정
code-DTM-1-1-133 = 출항 예정
code-DTM-1-1-136 = 출항
code-DTM-1-1-137 = 문서 작성일
code-DTM-1-1-178 = 도착
code-EQD-1-1-CN = 컨테이너
code-EQD-6-1-4 = 공컨테이너
code-EQD-6-1-5 = 적재
code-FTX-1-1-AAA = 품명
code-FTX-1-1-AAI = 일반 정보
code-FTX-1-1-ACB = 추가 정보
code-LOC-1-1-5 = 출발지
code-LOC-1-1-7 = 인도지
code-LOC-1-1-8 = 목적지
code-LOC-1-1-9 = 적재지
code-LOC-1-1-11 = 양하지
code-LOC-1-1-22 = 세관
code-LOC-1-1-60 = 도착지
code-LOC-1-1-61 = 다음 기항지
code-LOC-1-1-76 = 최초 선적항
code-LOC-1-1-88 = 수취지
code-LOC-1-1-125 = 직전 기항지
code-MEA-2-1-AAB = 화물 총중량
code-MEA-2-1-AAD = 포장 포함 총중량
code-MEA-2-1-AAW = 용적
code-MEA-2-1-VGM = 총중량 검증값(VGM)
code-NAD-1-1-BY = 구매자
code-NAD-1-1-CA = 운송인
code-NAD-1-1-CN = 수하인
code-NAD-1-1-CZ = 송하인
code-NAD-1-1-FW = 포워더
code-NAD-1-1-MR = 메시지 수신자
code-NAD-1-1-MS = 메시지 송신자
code-NAD-1-1-N1 = 통지처
code-NAD-1-1-NI = 통지처
code-NAD-1-1-SE = 판매자
code-NAD-1-1-SU = 공급자
code-QTY-1-1-21 = 주문 수량
code-QTY-1-1-47 = 청구 수량
code-RFF-1-1-AAQ = 컨테이너
code-RFF-1-1-AAM = 적하목록 번호
code-RFF-1-1-BM = 선하증권 번호
code-RFF-1-1-BN = 예약 번호
code-RFF-1-1-HWB = 하우스 B/L
code-RFF-1-1-MB = 마스터 B/L
code-RFF-1-1-ON = 주문 번호
code-SEL-2-1-CA = 운송인
code-SEL-2-1-SH = 화주
code-TDT-1-1-20 = 본선 운송
code-TDT-3-1-1 = 해상
code-TDT-3-1-3 = 도로
code-TDT-3-1-4 = 항공
code-UCI-4-1-4 = 거부
code-UCI-4-1-7 = 수리
code-UCI-4-1-8 = 수신
code-UCM-3-1-4 = 거부
code-UCM-3-1-7 = 수리

## 매핑에서 사라지는 것

loss = 문서 { $document }, { $place }: { $why } – { $value }
loss-message = 매핑 대상이 아닌 메시지
loss-segment = 매핑 대상이 아닌 세그먼트
loss-value = 매핑 대상이 아닌 값
loss-field = 해당 항목 없음
loss-form = 항목의 형식에 맞지 않음
loss-code = 매핑에 없는 코드 또는 낱말
loss-characters = 교환문서의 문자집합에 없는 문자
loss-length = 허용 길이를 초과함
loss-count = 센 개수와 일치하지 않음
loss-order = 매핑과 순서가 다름
loss-nothing = 내용이 없는 세그먼트
loss-added = 원본에 없어 매핑이 보탠 것
loss-envelope = 다른 문서의 봉투 정보가 적용됨
loss-row = 행에서 다른 문서와 구별되지 않음
loss-untranslated = 상대 기관의 코드표에 대응 코드가 없습니다
loss-ambiguous = 상대 기관의 코드에 우리 코드가 여럿 대응합니다

## Mappings

mapping-unverified = 미검증

## More segments

segment-BIN = 첨부 객체

## 응답 기한

event-waiting = 이 시각까지 응답 대기
event-sent-again = 응답이 없어 재송신
event-overdue = 기한까지 응답 없음
event-late = 기한 후 응답 수신
expect-more = 외 { $number }건
expect-late = 기한 { $time } 초과
span-d = { $number }일
span-h = { $number }시간
span-m = { $number }분
span-s = { $number }초

## 증거로서의 거래

chain-title = 거래 { $reference }의 증거
chain-by = 출력: { $who }, 최종 변경: { $until }
chain-more = 이 밖에도 문서가 있습니다
chain-documents = 문서
chain-document = 문서
chain-parties = 발신자 → 수신자
chain-states = 전송·구문·판단
chain-files = 파일
chain-absent-erased = 문서 { $envelope }(상대 기관 { $partner }): 파기됨
chain-absent-keys-missing = 문서 { $envelope }(상대 기관 { $partner }): 키가 없어 열 수 없음
chain-events = 경과
chain-verify = 오프라인 검증: corridor verify FILE --policy POLICY --anchor "COUNTRY KEY"
transport-sending = 전송 중
transport-delivered = 도달
transport-refused = 전송 단계에서 거부
transport-failed = 전송 중단
transport-received = 수신됨
transport-receiving = 수신 중
transport-erased = 파기됨

## 허브 폴더

hub-nobody = 수신자 { $recipient }에 해당하는 상대 기관이 participant.hub_partners에 없습니다.
hub-no-interchange = EDIFACT 교환 데이터가 아닙니다.

## Customs

response-released = { $kind } { $number }: 수리
response-held = { $kind } { $number }: 보류
response-inspection = { $kind } { $number }: 검사지정
event-answer-released = 세관 수리
event-answer-held = 세관 보류
event-answer-inspection = 세관 검사지정
customs-state-waiting = 심사 대기
customs-state-held = 보류
customs-state-inspection = 검사지정
customs-state-released = 수리
customs-state-rejected = 반려
customs-state-replaced = 정정으로 대체됨
customs-state-cancelled = 취하
customs-lane-clear = 해당 없음
customs-lane-note = 주의
customs-lane-hold = 보류 대상
customs-lane-inspect = 검사 대상
customs-decision-release = 수리
customs-decision-hold = 보류
customs-decision-inspect = 검사지정
customs-decision-reject = 반려
risk-action-release = 자동수리(그린채널)
risk-action-note = 주의
risk-action-hold = 보류
risk-action-inspect = 검사
risk-not-judged = 기준으로 판정할 수 없음
customs-function-original = 최초
customs-function-replacement = 대체
customs-function-change = 변경
customs-function-cancellation = 취소

## Mappings of one's own

mapping-own = 자체 매핑
