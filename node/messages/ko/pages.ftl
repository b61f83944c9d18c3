# 콘솔의 페이지.

# 업무.
section-exchange = 문서 송수신
section-evidence = 증거
section-node = 이 노드
area-home = 홈
area-inbox = 수신 문서
area-outbox = 발신 문서
area-partners = 상대 기관
area-agreements = 협약
area-acts = 행위 기록
area-receipts = 영수증
area-verify = 검증
area-ledger = 원장
area-trust = 신뢰 목록
area-doctor = 노드 점검
area-invariants = 불변 조건
area-users = 사용자
area-settings = 설정

error-home = 홈으로

# 문서.
column-document = 문서
column-partner = 상대 기관
column-kind = 종류
column-state = 상태
column-size = 크기
column-time = 일시
filter-any = 전체
inbox-empty = 받은 문서가 아직 없습니다
inbox-empty-how = 유효한 협약에 따라 상대 기관이 보낸 문서는 저절로 이곳에 도착합니다.
send-document = 문서 보내기
send-do = 보내기
resend = 다시 보내기
resend-question = 문서를 다시 제출하여 사흘 동안 더 상대 기관에 전송합니다.

# 구성 요소.
gallery-title = 구성 요소
gallery-lead = 페이지를 추가하는 사람을 위해 모든 구성 요소를 모든 상태로 보여 줍니다. 예문은 일부러 길고, 외국어와 악의적인 문자열을 담고 있습니다. 초점과 포인터 상태는 키보드와 마우스로 확인하십시오.
