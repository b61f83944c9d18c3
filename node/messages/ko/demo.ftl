# The story that `corridor demo` tells, step by step. The names of the two institutions are invented.

demo-title = 두 나라, 두 노드, 발주에서 수입 수리까지 하나의 거래
demo-country-KR = 한국
demo-country-JP = 일본
demo-founded = { $country }: 자국 기관을 보증하는 키, 곧 신뢰의 기점을 세웁니다: { $anchor }
demo-witness = { $country }: 신뢰의 기점이 자체 증인을 { $url }에 둡니다. 신뢰 목록 제{ $number }호에 그 키를 올렸습니다. 증인은 노드의 로그에 연서하여, 로그를 보관하는 쪽만 그 로그를 보증하는 일이 없게 합니다.
demo-port-taken = 포트 { $port }번을 다른 프로그램이 사용하고 있어 { $other }번을 대신 사용합니다.
demo-node = { $who }: 노드가 자체 키, 데이터베이스, 포트를 갖춥니다. 상대 기관은 { $public }, 직원은 { $api } 주소로 접속합니다.
demo-admitted = { $country }: { $who } 기관을 보증합니다. 신뢰 목록 제{ $number }호에 그 키와 노드의 로그를 올렸습니다.
demo-recognised = 한국과 일본이 서로의 신뢰 목록을 인정합니다. 양쪽이 서명한 하나의 문서입니다.
demo-started = { $who }: 프로세스 { $pid }번으로 시작했습니다({ $millis }밀리초 만에 준비 완료).
demo-imported = 두 노드가 신뢰 목록과 상호 인정을 받아들입니다.
demo-agreed = { $a } 및 { $b }: 협약에 서명합니다. EDIFACT 문서를 양방향으로 1년 동안 주고받을 수 있습니다.
demo-sending = { $who }: 적하 목록을 보냅니다. { $file }, { $size }바이트.
demo-acknowledged = { $who }: 안전하게 저장하고 서명으로 수신을 알렸습니다. 보낸 때부터 수신 확인까지 { $millis }밀리초.
demo-understood = { $who }: 내용을 읽습니다.
demo-answered = { $who }: 이를 위한 전문 CONTRL로 자동 회신합니다. 판정: { $verdict }
demo-correlated = 회신이 해당 적하 목록과 연결됩니다. { $who } 기록: { $verdict }
demo-state-received = 수신
demo-state-accepted = 수리
demo-state-partly-rejected = 일부 불수리
demo-state-rejected = 불수리
demo-tampering = 서명이 끝난 뒤 누군가가 통신 도중에 문서를 1바이트 바꿉니다.
demo-refused = { $who }: 수신을 거부하고 아무것도 남기지 않습니다. { $title } ({ $code })
demo-record = 일어난 일은 모두 기록됩니다. 기록은 내용을 증명할 수 있지만 내용 자체는 담지 않습니다.
demo-look = 두 노드는 계속 실행 중입니다. 확인할 곳:
demo-console = 콘솔(한 번만 쓸 수 있는 로그인 링크): { $link }
demo-stop = Ctrl-C를 누르면 데모가 끝납니다.
demo-ended = 두 노드가 접수한 일을 모두 마치고 종료했습니다.
demo-failed = 데모가 다음 단계 뒤에 실패했습니다: { $step }
demo-watching = 두 나라 발행처의 증인이 두 로그를 지켜보기 시작했습니다.
# args: ours, theirs
demo-receipts = 두 나라가 두 노드의 로그에 연서하여 기록 증명이 완성되었습니다. { $ours }은(는) 보냈음을, { $theirs }은(는) 받았음을 보여 줍니다. 어느 노드도, 어느 나라도 이를 되돌릴 수 없습니다.
demo-verified = 누구든지 몇 해 뒤에도 노드에 묻지 않고 확인할 수 있습니다. 파일과 정책만 있으면 됩니다(corridor verify).
demo-receipt-refused = 기록 증명에서 한 바이트만 바꾸어도 더는 통하지 않습니다.

demo-hosted = { $who }은(는) 자체 노드가 없는 무역상사입니다. { $node }의 노드가 키·장부·협약을 따로 두고 맡습니다.
demo-ordered = { $who }이(가) 발주합니다: { $order }, 베어링 유닛 2,350개, FOB 부산(ORDERS).
demo-order-answered = { $who }이(가) 제조사를 대신해 수주를 회신합니다(ORDRSP).
demo-booked = { $who }이(가) 선박을 주선하는 { $whom }에 선복을 신청합니다(IFTMBF).
demo-booking-confirmed = { $who }이(가) 확인합니다: HANBIT PIONEER, 항차 0427E(IFTMBC).
demo-risk = { $who }이(가) 파일로 위험 기준을 등록하고 그중 둘을 적용합니다. 기준은 살펴볼 신고를 알려 줄 뿐 결정하지 않습니다.
demo-declared = { $who }이(가) 물품을 신고합니다: { $number }(CUSDEC). 세번이 잘못되어 있습니다.
demo-hits = 판독되었으므로 { $who }에서 심사를 기다립니다. 해당한 기준:
demo-rejected = { $who }이(가) 위치를 밝혀 반려합니다. 회신(CUSRES) 내용:
demo-amended = { $who }이(가) 세번을 고쳐 대체 신고로 다시 보냅니다(BGM 1225 = 5).
demo-released = { $who }이(가) 검사를 지정하고, 검사 뒤에 수리합니다. 회신은 해당 신고를 찾아갑니다:
demo-timeline = 한 발주의 전 과정을 한 흐름으로: { $who }이(가) 보는 { $order }. 도착한 것, 판독된 것(CONTRL), 판단이 내려진 것(CUSRES)은 서로 다른 상태입니다:
