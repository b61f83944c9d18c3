# 모든 페이지의 틀.
skip = 본문 바로가기
menu = 메뉴
menu-label = 업무 메뉴
areas = 업무
crumbs = 현재 위치
search-label = 문서·번호·기관 검색
search-do = 검색
language = 언어
display = 화면
theme = 화면 밝기
theme-device = 기기 설정에 따름
theme-light = 밝게
theme-dark = 어둡게
eras = 연도 표기
eras-no = 서기
eras-yes = 일본 연호(서기 병기)
acting = 소속 기관
acting-switch = 다른 기관으로 전환
signed-in = 로그인 중
account = 내 계정
sign-out = 로그아웃
help = 도움말과 문서
foot-node = { $name } 노드
foot-zone = 시각은 { $zone }
role-officer = 담당자
role-auditor = 감사자
role-operator = 운영 담당자
role-administrator = 관리자

# 국가.
country-JP = 일본
country-KR = 대한민국
country-cosigned = { $country }: 연서됨
country-pending = { $country }: 연서 대기

# 구성 요소.
paging-label = 페이지 이동
paging-first = 최신 목록
paging-next = 이전 목록
filter-apply = 조건 적용
look-up = 조회
filter-reset = 전체 보기
field-required = 필수
form-wrong = { $n }개 항목에 오류가 있습니다
form-cancel = 취소
problem-help = ‘{ $code }’의 뜻과 조치 방법
copy = 복사
copied = 복사했습니다
command-title = 같은 작업을 명령으로 하기
command-cli = 명령줄
command-curl = HTTP
figure-table = 수치를 표로 보기
figure-most = 최대 { $n }
file-choose = 파일 선택
file-none = 선택된 파일 없음
