# 노드가 제공하는 설명서: 안내서 주변과 오류 설명 페이지의 문구입니다.

help-title = 도움말
help-lead = 노드 설치, 상대 기관 연결, 운영, 기록 증명 검증, 서비스 개발을 설명합니다.
help-guides = 안내서
help-contents = 이 페이지의 내용
help-errors = 오류 목록
help-errors-lead = 모든 오류에는 코드가 있습니다. 설명 페이지에서 무엇이 무엇에 대해 일어났고 어떻게 해야 하는지 알려 줍니다.
help-errors-all = 모든 오류 보기
help-error = 오류 { $code }
help-happened = 무슨 일이 있었나
help-remedy = 어떻게 해야 하나
help-code = 코드
help-status = HTTP 상태
help-in-general = 대괄호 자리에는 실제 오류 메시지에서 구체적인 이름이 들어갑니다.

## 오류가 가리키는 것

help-arg-what = 대상
help-arg-why = 이유
help-arg-who = 참가 기관
help-arg-partner = 상대 기관
help-arg-key = 키
help-arg-at = 시각
help-arg-limit = 상한
help-arg-id = 식별자
help-arg-path = 파일
help-arg-line = 줄 번호
help-arg-column = 칸
help-arg-nearest = 가까운 이름
help-arg-expected = 기대한 값
help-arg-found = 실제 값
help-arg-country = 국가
help-arg-address = 주소
help-arg-skew = 초
help-arg-list = 호수
help-arg-version = 버전
