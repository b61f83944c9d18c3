# `corridor verify`가 증거 파일에 대해 보여 주는 문구입니다. 인수 설명은 en/verify.ftl 에 있습니다.

field-result = 결과
field-check = 검사
field-meaning = 검사 내용
field-about = 대상

verify-kind-receipt = 행위의 기록 증명
verify-kind-cose-receipt = 행위의 기록 증명(COSE)
verify-kind-split-view = 로그 분기의 증거
verify-kind-checkpoint = 로그의 체크포인트
verify-kind-trust-list = 노드가 따른 신뢰 목록
verify-kind-unknown = 기록 증명, 로그 분기의 증거, 서명된 체크포인트 중 어느 것도 아닙니다

verify-passed = 통과
verify-failed = 실패
verify-pending = 미완성
verify-not-checked = 여기에서는 검사하지 않음

verify-check-form = 파일이 스스로 밝힌 형식으로 읽힌다
verify-check-act = 행위를 유일한 표기로 담고 있다
verify-check-inclusion = 행위가 로그의 제시된 위치에 있다
verify-check-log-signature = 로그가 서명했고 정책이 그 로그를 인정한다
verify-check-cosignatures = 인정된 증인의 서명이 모두 올바르다
verify-check-country = { $country }의 증인 가운데 로그 운영자가 아닌 증인이 연서했다
verify-check-quorum = 정책이 요구하는 만큼 증인이 연서했다
verify-check-contradiction = 두 체크포인트가 동시에 참일 수 없다
verify-check-consistency = 나중 체크포인트가 앞선 체크포인트에서 이어진다
verify-check-opening = 제시된 내용이 행위의 커밋먼트를 열고 이 목록을 가리킨다
verify-check-anchor-signature = 국가의 발행 기관이 이 목록에 서명했다

verify-about-act = 행위: { $kind }, { $at }, { $id }
verify-about-log = 로그: { $what }, 리프 { $size }개

verify-outcome-passed = 모든 검사를 통과했습니다.
verify-outcome-convicted = 모든 검사를 통과했습니다. 이 로그는 서로 모순되는 두 이력에 서명했습니다.
verify-outcome-pending = 아직 완성되지 않았습니다. 앞으로 도착할 수 있는 연서가 빠져 있습니다.
verify-outcome-failed = 실패한 검사가 있습니다. 이 파일을 신뢰하지 마십시오.
verify-outcome-not-checked = 실패는 없지만 여기에서 검사할 수 없는 항목이 있었습니다.
verify-no-policy = 서명을 판정하지 않았습니다. 누구의 서명을 인정할지 정한 정책을 --policy FILE로 지정하십시오.
verify-no-act = COSE 형식의 기록 증명에는 대상 행위가 들어 있지 않습니다. 행위의 바이트를 --act FILE로 지정하십시오(corridor act show ID --output FILE로 저장할 수 있습니다).

# 기록 증명
receipt-ours = 우리 기록 증명:
receipt-theirs = 상대 기관의 기록 증명:
receipt-signatures = 서명(기록된 시점에 유효했던 키로 판정):
receipt-signed-envelope = 송부서
receipt-signed-acknowledgement = 수령 통지
field-what = 서명 대상
field-recorded = 기록 일시
field-leaf = 로그 안의 번호
field-why = 사유
receipt-done = { $path }에 썼습니다
receipt-not-here = 아직 받지 못함
field-index = 로그 안의 번호
field-missing = 빠진 것
field-missing_theirs = 상대 측에서 빠진 것
field-side = 구분
receipt-state-pending = 미완성
receipt-state-complete = 완성
verify-ended = 로그 { $what }은(는) 리프 { $last }개에서 종료되었고 { $found }이(가) 승계했습니다. 이 로그가 증명한 것은 계속 유효합니다.
verify-ended-beyond = 로그 { $what }은(는) 종료되었고 { $found }이(가) 승계했습니다. 종료할 때 알려진 리프는 { $last }개이지만 이 체크포인트는 { $size }개를 담고 있습니다. 연서된 내용은 유효합니다. 로그를 종료한 발행 기관에 제시하십시오.

verify-kind-chain = 한 거래의 증거
verify-chain-about = 거래 { $reference }: 문서 { $documents }건, 내보낸 기관 { $who }
verify-chain-absent = 없는 문서: { $envelope }({ $why })
verify-chain-passed = 검사 { $number }건을 통과했습니다.
verify-chain-form = 증거 보관 파일로 읽힌다
verify-chain-files = 모든 파일이 목록과 같다
verify-chain-index = 목록이 서명된 것이며 문서 내용과 일치한다
verify-chain-page = 페이지 내용이 목록과 일치한다
verify-chain-trust-list = 신뢰 기점이 키 목록에 서명했다
verify-chain-signature = 그 시점에 유효한 키로 서명되었다
verify-chain-agreement = 이름과 같은 협약이다
verify-chain-content = 내용이 송부서와 일치한다
verify-chain-acknowledgement = 이 송부서에 대한 수령 통지이다
verify-chain-act = 행위가 열리며 이 문서에 관한 것이다
verify-chain-receipt = 행위가 로그에 있고 증인이 확인했다
