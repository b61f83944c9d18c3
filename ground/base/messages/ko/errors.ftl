# 오류 목록(ground/base/src/problem.rs)의 문구입니다. 인수 설명은 en/errors.ftl에 있습니다.
#
# 용어: participant 참가 기관, partner 상대 기관, trust list 신뢰 목록, agreement 협약,
# envelope 송부서, key 키, signature 서명, digest 해시값, recognition 상호 인정, node 노드.
# 인수 뒤에는 받침에 따라 달라지는 조사를 붙이지 않습니다.

## 입력 형식

malformed = 입력을 읽을 수 없습니다
    .detail = 올바른 형식이 아닙니다. 항목: { $what }, 내용: { $why }
    .remedy = 입력을 고쳐서 다시 보내십시오. 프로그램이 만든 입력이라면 그 프로그램의 담당자에게 이 메시지를 전달하십시오.

option-missing = 옵션이 빠졌습니다
    .detail = 명령에도, 읽은 문서에도 지정되어 있지 않습니다: { $what }
    .remedy = 이 옵션을 명령에 추가하십시오. 뜻은 같은 명령에 `--help`를 붙이면 표시됩니다.

too-large = 너무 큽니다
    .detail = 상한을 넘었습니다. 항목: { $what }, 상한: { $limit }
    .remedy = 나누어 보내거나, 거부한 노드의 운영자에게 상한을 높여 달라고 요청하십시오. 설정할 수 있는 상한은 `corridor config`에서 확인할 수 있습니다.

not-found = 찾을 수 없습니다
    .detail = 해당하는 항목이 없습니다: { $what }
    .remedy = 이름의 표기와, 어느 참가 기관의 자격으로 요청하는지를 확인하십시오.

receipt-pending = 아직 로그에 없습니다
    .detail = 이 행위를 담은 체크포인트가 아직 없어 기록 증명이 없습니다: { $id }
    .remedy = 몇 초 뒤에 다시 시도하십시오. 계속되면 `corridor doctor`로 로그가 무엇을 기다리는지 확인할 수 있습니다.

method-not-allowed = 사용할 수 없는 메서드입니다
    .detail = 이 주소에서는 메서드 { $what }을(를) 사용할 수 없습니다.
    .remedy = 사용할 수 있는 메서드는 API 명세(`corridor openapi`)에서 확인하십시오.

unknown-version = 지원하지 않는 버전입니다
    .detail = { $what }의 버전 { $found } 형식은 지원하지 않습니다. 지원하는 버전: { $expected }
    .remedy = 두 노드 중 오래된 쪽을 업데이트하십시오. 바로 앞뒤 버전끼리는 통신할 수 있으므로 양쪽이 같은 날 업데이트할 필요는 없습니다.

## 인증

unauthenticated = 로그인이 필요합니다
    .detail = 요청에 유효한 로그인 정보나 API 토큰이 없습니다.
    .remedy = 로그인하거나 유효한 API 토큰을 함께 보내십시오. 토큰은 만료되거나 취소될 수 있습니다. 이 경우 노드 관리자에게 재발급을 요청하십시오.

forbidden = 권한이 없습니다
    .detail = 현재 권한으로는 할 수 없는 작업입니다: { $what }
    .remedy = 노드 관리자에게 작업을 맡기거나 필요한 권한을 요청하십시오.

signature-missing = 서명이 없습니다
    .detail = 서명이 없는 항목입니다: { $what }
    .remedy = 자국의 신뢰 목록에 등록된 키로 서명하십시오. 두 노드 사이에 프록시가 있다면 헤더를 바꾸지 않고 전달하는지 확인하십시오.

signature-invalid = 서명이 일치하지 않습니다
    .detail = { $who }의 서명이 내용과 일치하지 않습니다. 항목: { $what }, 키: { $key }
    .remedy = 도중에 변조되었거나 다른 키로 서명된 것입니다. 내용을 사용하지 말고 발신자에게 다시 보내 달라고 요청하십시오. 반복되면 `corridor partner show`로 양쪽의 키를 대조하십시오.

clock-skew = 시각이 맞지 않습니다
    .detail = 요청의 서명 시각은 { $at }이며, 이 노드의 시계와 { $skew }초 차이가 납니다. 허용 범위는 { $limit }초입니다.
    .remedy = 양쪽 컴퓨터의 시계를 시간 서버(NTP)에 맞춘 뒤 다시 보내십시오. 시계의 차이는 `corridor doctor`로 확인할 수 있습니다.

replayed = 이미 사용한 요청입니다
    .detail = { $who }의 서명된 요청 중 이미 접수한 것입니다: { $id }
    .remedy = 보낼 때마다 새 요청에 서명하십시오. 두 번 보낸 적이 없다면 제삼자가 기록해 두었다가 다시 보냈을 수 있으므로 양쪽 노드의 운영자에게 알리십시오.

participant-unknown = 등록되지 않은 참가 기관입니다
    .detail = 이 노드가 가진 신뢰 목록에 없는 기관입니다: { $who }
    .remedy = 식별자를 확인하십시오. 식별자가 맞다면 해당 국가의 최신 신뢰 목록을 받아 `corridor trust import`로 가져오십시오.

participant-removed = 제외된 참가 기관입니다
    .detail = 소속 국가의 신뢰 목록 제{ $list }호에서 제외된 기관입니다: { $who }
    .remedy = 이 기관과 아무것도 주고받지 마십시오. 제외가 잘못되었다고 생각되면 신뢰 목록 발행 기관에 문의하십시오.

key-unknown = 등록되지 않은 키입니다
    .detail = 이 노드가 가진 신뢰 목록에 없는 키입니다: { $key }
    .remedy = 새 키라면 해당 국가의 최신 신뢰 목록을 받아 `corridor trust import`로 가져오십시오. 그렇지 않다면 어떤 키를 사용하는지 참가 기관에 확인하십시오.

key-not-valid = 해당 시점에 유효하지 않은 키입니다
    .detail = { $at } 시점에 유효하지 않은 키입니다: { $key }
    .remedy = 서명자가 현재 키로 다시 서명해야 합니다. 키가 방금 교체되었다면 `corridor trust import`로 최신 신뢰 목록을 가져오십시오.

did-mismatch = 공개된 키가 신뢰 목록과 다릅니다
    .detail = 공개한 키가 소속 국가의 신뢰 목록에 등록된 키와 다른 기관입니다: { $who }
    .remedy = 이유가 밝혀질 때까지 이 기관과 아무것도 주고받지 마십시오. 전화 등 이미 알고 있는 연락처로 키를 바꾸었는지 확인하고, 바꾸었다면 `corridor trust import`로 최신 신뢰 목록을 가져오십시오.

## 신뢰

sign-in-failed = 로그인하지 못했습니다
    .detail = 계정 이름, 비밀번호 또는 패스키가 올바르지 않습니다.
    .remedy = 계정 이름과 비밀번호를 확인하고 다시 시도하십시오. 비밀번호를 잊은 경우 관리자에게 로그인 링크 발급을 요청하십시오.

second-factor-failed = 인증 코드가 올바르지 않습니다
    .detail = 코드가 틀렸거나, 유효 시간이 지났거나, 이미 사용되었습니다.
    .remedy = 인증 앱에 다음 코드가 표시되면 입력하십시오. 기기의 시각이 정확한지도 확인하십시오. 대신 복구 코드를 한 번 사용할 수 있습니다.

slow-down = 시도 횟수가 너무 많습니다
    .detail = 실패가 반복되어 다음 시도는 { $limit }초 후에 받습니다.
    .remedy = 잠시 기다린 후 다시 시도하십시오. 계정은 잠기지 않았습니다.

link-invalid = 로그인 링크가 유효하지 않습니다
    .detail = 이미 사용되었거나, 유효 시간이 지났거나, 취소된 링크입니다.
    .remedy = 관리자에게 새 로그인 링크 발급을 요청하십시오.

form-refused = 양식을 접수하지 못했습니다
    .detail = 현재 로그인 상태의 화면에서 보낸 양식이 아닙니다: { $why }
    .remedy = 이전 화면으로 돌아가 새로고침한 후 다시 제출하십시오. 계속 발생하면 로그아웃한 뒤 다시 로그인하십시오.

password-refused = 추측하기 쉬운 비밀번호입니다
    .detail = 비밀번호는 { $limit }자 이상 128자 이하이어야 하며, 흔히 쓰이는 비밀번호이거나 계정 이름이 포함되어서는 안 됩니다.
    .remedy = 더 긴 비밀번호를 정하십시오. 서로 관련 없는 단어를 여러 개 이어 쓰면 기억하기 쉽고 추측하기 어렵습니다.

sign-on-failed = 통합 로그인에 실패했습니다
    .detail = 통합 인증 서버에서 본인 확인이 되지 않았습니다: { $why }
    .remedy = 다시 시도하십시오. 계속되면 비밀번호 또는 패스키로 로그인하거나 관리자에게 알리십시오.

sign-on-unreachable = 통합 인증 서버에 연결할 수 없습니다
    .detail = 통합 인증 서버가 응답하지 않았습니다.
    .remedy = 잠시 후 다시 시도하십시오. 계속되면 비밀번호 또는 패스키로 로그인하거나 노드 운영 담당자에게 알리십시오. 원인은 `corridor doctor`로 확인할 수 있습니다.

sign-on-expired = 더 이상 유효하지 않은 로그인입니다
    .detail = 다른 브라우저에서 시작했거나, 10분이 지났거나, 이미 사용되었습니다.
    .remedy = 로그인 화면에서 다시 시작하십시오. 도중에 뒤로 가기 버튼이나 즐겨찾기를 쓰지 말고, 이 사이트의 쿠키를 허용하십시오.

sign-on-denied = 통합 인증 서버에서 로그인이 완료되지 않았습니다
    .detail = 통합 인증 서버가 로그인을 끝냈습니다: { $why }
    .remedy = 직접 취소한 경우 다시 로그인하십시오. 그렇지 않으면 통합 인증 서버의 담당자에게 Corridor 사용이 허용되어 있는지 확인하십시오.

sign-on-clock = 노드와 통합 인증 서버의 시각이 다릅니다
    .detail = 이 노드의 시계로 볼 때 통합 인증 서버가 보낸 시각이 { $skew }초 어긋나 있습니다. 허용 범위는 { $limit }초입니다.
    .remedy = 노드 운영 담당자에게 알리십시오. 노드나 통합 인증 서버의 시각을 동기화(NTP)한 후 다시 로그인하십시오.

sign-on-unlinked = 연결된 계정이 없습니다
    .detail = 통합 인증 서버에서 본인 확인은 되었으나, 이 신원에 연결된 계정이 이 노드에 없습니다: { $who }
    .remedy = 관리자에게 계정이나 역할을 요청하십시오. 이미 계정이 있으면 다른 방법으로 로그인한 후 계정 페이지에서 연결하십시오.

account-disabled = 사용이 중지된 계정입니다
    .detail = 지금 사용할 수 없는 계정입니다: { $who }
    .remedy = 다시 사용할 수 있는지 관리자에게 문의하십시오.

trust-list-missing = 신뢰 목록이 없습니다
    .detail = 이 노드에는 { $country }의 신뢰 목록이 없습니다.
    .remedy = 발행 기관에서 신뢰 목록을 받아 `corridor trust import`로 가져오십시오.

trust-list-expired = 신뢰 목록이 만료되었습니다
    .detail = { $country }의 신뢰 목록 제{ $list }호는 { $at }에 만료되었습니다.
    .remedy = 발행 기관에서 최신 신뢰 목록을 받아 `corridor trust import`로 가져오십시오. 그때까지 새로운 접수는 하지 않습니다.

trust-list-invalid = 신뢰 목록이 올바르지 않습니다
    .detail = { $country }의 신뢰 목록을 받아들일 수 없습니다: { $why }
    .remedy = 발행 기관에서 직접 신뢰 목록을 다시 받으십시오. 지금까지 쓰던 목록은 계속 사용됩니다.

trust-list-old = 더 새로운 신뢰 목록이 아닙니다
    .detail = { $country }의 신뢰 목록은 이미 제{ $expected }호가 있으므로 제{ $found }호로 바꿀 수 없습니다.
    .remedy = 최신 목록을 이미 가지고 있다면 조치할 것이 없습니다. 그렇지 않다면 발행 기관에서 최신 목록을 받으십시오. 같은 호의 목록이 서로 다르면 발행 기관에 알리십시오.

recognition-missing = 상호 인정이 없습니다
    .detail = 유효한 상호 인정이 없는 국가입니다: { $country }
    .remedy = 두 나라의 신뢰 목록 발행 기관이 모두 상호 인정에 서명해야 합니다. 서명한 뒤 `corridor trust import`로 최신 신뢰 목록을 가져오십시오.

recognition-invalid = 상호 인정이 유효하지 않습니다
    .detail = 다음 국가와의 상호 인정을 받아들이지 않았습니다: { $country }. 이유: { $why }
    .remedy = 두 나라의 신뢰 목록 발행 기관이 같은 상호 인정에 서명해야 합니다. 자국의 발행 기관에서 직접 다시 받으십시오. 앞서 받아들인 것은 그대로 쓰입니다.

## 협약과 이용 조건

agreement-unknown = 해당하는 협약이 없습니다
    .detail = 이 노드에는 { $who } 측과 맺은 해당 협약이 없습니다.
    .remedy = 맺어진 협약은 `corridor partner show`로 확인할 수 있습니다. 협약이 없다면 먼저 협약을 작성하고 양쪽이 서명하십시오.

agreement-invalid = 협약이 올바르지 않습니다
    .detail = 협약 { $id } 문서를 받아들일 수 없습니다: { $why }
    .remedy = 협약을 고치고 양쪽이 다시 서명하십시오.

agreement-altered = 협약이 변조되었습니다
    .detail = 협약 { $id } 문서가 양쪽이 서명한 내용과 다릅니다: { $why }
    .remedy = 서명된 협약을 사용하십시오. 내용을 바꾸려면 새 협약을 작성하고 양쪽이 서명하십시오.

agreement-not-in-force = 효력이 없는 협약입니다
    .detail = 협약 { $id } 문서는 현재 효력이 없습니다: { $why }
    .remedy = 협약의 기간과 상태를 `corridor partner show`로 확인하십시오. 종료되었다면 새 협약을 작성하고 양쪽이 서명하십시오.

policy-denied = 협약에서 허용하지 않습니다
    .detail = 협약의 이용 조건에서 허용하지 않는 작업입니다: { $what }. 해당 조건: { $why }
    .remedy = `corridor partner show`로 이용 조건을 확인하고 그 범위에서 진행하십시오. 허용이 필요하다면 양쪽이 새 협약에 서명해야 합니다.

receipts-overdue = 기록 증명의 연서가 늦어지고 있습니다
    .detail = { $at } 이후의 기록에 두 나라의 연서가 갖추어지지 않았습니다. 협약 { $id }이(가) 허용하는 유예는 { $limit }시간이며, 그때까지 새로운 송수신은 시작되지 않습니다.
    .remedy = `corridor log checkpoint`로 어느 증인이 빠졌는지 확인하고 연결을 복구하십시오. 기록 증명은 자동으로 완성되고 송수신도 다시 시작됩니다.

## 송달

wrong-recipient = 수신자가 다릅니다
    .detail = 이 노드가 수신을 맡지 않는 기관입니다: { $who }
    .remedy = 수신자와 등록된 접속 주소를 `corridor partner show`로 확인하십시오.

envelope-conflict = 번호는 같고 내용이 다릅니다
    .detail = { $who }의 송부서 { $id } 번은 다른 내용으로 이미 수신했습니다. 수신한 해시값: { $expected }, 이번 해시값: { $found }
    .remedy = 처음 수신한 것이 유효합니다. 다른 내용을 보내려면 `corridor send`로 새 송부서를 만들어 보내십시오. 보낸 적이 없다면 양쪽 노드의 운영자에게 알리십시오.

not-given-up = 송신을 포기한 문서가 아닙니다
    .detail = 문서 { $id }의 상태는 "{ $found }"입니다. 거부되었거나 송신을 포기한 문서만 다시 보낼 수 있습니다.
    .remedy = `corridor outbox show { $id }`로 상태를 확인하십시오. 송신 중이면 노드가 자동으로 계속 시도합니다.

offset-wrong = 이어서 보낼 위치가 다릅니다
    .detail = 처음부터 { $expected }바이트인 위치에서 이어서 보내야 하지만 { $found }바이트인 위치부터 보냈습니다.
    .remedy = 이어서 보낼 위치를 다시 문의하고 그 위치부터 보내십시오. `corridor send`는 이를 자동으로 처리합니다.

content-mismatch = 내용이 변조되었습니다
    .detail = 송부서 { $id } 번으로 수신한 내용이 발신자가 서명한 것과 다릅니다. 서명된 해시값: { $expected }, 수신한 내용의 해시값: { $found }
    .remedy = 수신한 내용은 폐기했습니다. 원본을 다시 보내십시오. 반복되면 회선과 두 노드 사이의 장비를 확인하십시오.

partner-unreachable = 상대 기관에 연결할 수 없습니다
    .detail = { $partner }에 연결할 수 없습니다: { $why }
    .remedy = 보낸 내용은 없어지지 않으며 노드가 계속 다시 시도합니다. 오래 지속되면 `corridor partner test`로 연결을 확인하고 상대 기관에 연락하십시오.

partner-answer = 상대 기관의 응답을 사용할 수 없습니다
    .detail = { $partner }의 응답을 받아들일 수 없습니다: { $why }
    .remedy = `corridor partner test`로 연결을 확인하십시오. 해결되지 않으면 상대 기관의 운영자에게 이 메시지를 전달하십시오.

partner-not-asked = 상대 기관이 아직 답하지 않았습니다
    .detail = 이 노드는 백업에서 복원되었습니다. 두 번 보내지 않도록, 그 뒤에 보낸 문서를 { $partner }이(가) 알려 줄 때까지 이 상대 기관으로의 송신은 대기합니다.
    .remedy = 대기 중인 문서는 자동으로 송신됩니다. 조회도 노드가 스스로 합니다. 상대 기관에 연결할 수 있도록 하십시오. 답하지 않은 곳은 `corridor doctor`로 확인할 수 있습니다.

address-refused = 허용되지 않은 주소입니다
    .detail = 이 노드는 { $address }에 연결하지 않습니다. 내부망과 자기 컴퓨터의 주소는 설정에 지정한 것만 허용합니다.
    .remedy = 상대 기관의 주소를 `corridor partner show`로 확인하십시오. 내부망 주소가 맞다면 운영자가 설정에 지정해야 합니다. `corridor config`를 참고하십시오.

## 노드

overloaded = 처리량을 초과했습니다
    .detail = 노드의 처리량이 한도에 이르러 요청을 접수하지 않았습니다.
    .remedy = 잠시 후 다시 시도하십시오. 노드 사이의 송달은 자동으로 다시 시도합니다.

shutting-down = 종료 중입니다
    .detail = 노드가 종료 중입니다. 접수한 일은 마치고 새로운 접수는 하지 않습니다.
    .remedy = 노드가 다시 시작된 뒤 시도하십시오.

storage-full = 저장 공간이 없습니다
    .detail = 저장 공간이 없어 저장하지 못했습니다: { $what }
    .remedy = 공간을 확보하고 `corridor doctor`로 확인하십시오. 쓰다 만 데이터는 없으며 이미 접수한 데이터는 안전합니다.

storage-failed = 데이터를 읽거나 쓰지 못했습니다
    .detail = 노드가 데이터를 읽거나 쓰지 못했습니다: { $why }
    .remedy = 노드에서 `corridor doctor`를 실행하고 디스크나 데이터베이스를 확인하십시오. 저장하지 못한 것을 접수했다고 응답하는 일은 없습니다.

storage-conflict = 동시에 변경되었습니다
    .detail = 같은 데이터의 변경이 겹쳐 변경하지 않았습니다.
    .remedy = 다시 시도하십시오. 자주 발생하면 노드의 운영자에게 알리십시오.

schema-unknown = 다른 버전의 데이터입니다
    .detail = { $what }의 데이터 버전은 { $found }입니다. 이 프로그램이 지원하는 최신 버전은 { $expected }입니다.
    .remedy = 데이터를 기록한 새 버전의 프로그램을 시작하거나, 맞는 백업을 `corridor restore`로 복원하십시오. 데이터는 변경하지 않았습니다.

schema-unverified = 데이터의 구조가 예상과 다릅니다
    .detail = { $what }의 저장 구조가 이 버전이 만든 것과 다릅니다: { $why }
    .remedy = 데이터베이스를 직접 고치지 마십시오. 백업을 `corridor restore`로 복원하거나, 이 메시지를 첨부하여 기술 지원을 요청하십시오.

directory-locked = 사용 중인 데이터 디렉터리입니다
    .detail = 다른 프로세스가 이미 사용하고 있는 디렉터리입니다: { $path }
    .remedy = 그 프로세스를 종료하거나 다른 데이터 디렉터리를 지정하십시오. 두 노드가 함께 사용할 수 없습니다.

directory-owner = 데이터 디렉터리의 소유자가 다릅니다
    .detail = { $path }의 소유자는 { $found } 사용자이지만 노드는 { $expected } 사용자로 실행되고 있습니다.
    .remedy = 디렉터리의 소유자로 노드를 실행하거나, 관리자 권한의 `chown -R`로 소유자를 바꾸십시오.

file-mode = 다른 사용자에게 열려 있는 파일입니다
    .detail = { $path }의 접근 권한은 { $found }이지만 { $expected }이어야 합니다.
    .remedy = `chmod`로 접근 권한을 바꾸십시오. 다른 사람이 그 안의 키를 읽었을 수 있다면 키를 교체하십시오.

file-failed = 파일을 사용할 수 없습니다
    .detail = 읽거나 쓸 수 없는 파일입니다: { $path }. 이유: { $why }
    .remedy = 경로가 있는지, 프로그램을 실행하는 사용자에게 접근 권한이 있는지 확인하십시오.

port-taken = 이미 사용 중인 포트입니다
    .detail = 다른 프로그램이 이미 사용하고 있는 주소입니다: { $address }
    .remedy = 그 프로그램을 종료하거나 설정에서 다른 포트를 지정하십시오. `corridor config`를 참고하십시오.

config-missing = 여기에는 노드가 없습니다
    .detail = 노드의 설정 파일을 찾을 수 없습니다: { $path }
    .remedy = 노드 폴더에서 실행하거나, `--config FILE` 또는 CORRIDOR_CONFIG로 설정 파일을 지정하십시오. 새 노드는 `corridor init`으로 만들 수 있습니다.

config-invalid = 설정값이 올바르지 않습니다
    .detail = { $path } { $line }행: { $key } 항목의 값을 사용할 수 없습니다: { $why }
    .remedy = 이 행을 고치십시오. 설정 항목과 값의 설명은 `corridor config`에서 확인할 수 있습니다.

config-unknown-key = 알 수 없는 설정 항목입니다
    .detail = { $path } { $line }행: { $key } 항목은 없습니다. 가장 비슷한 이름은 { $nearest }입니다.
    .remedy = 이 행을 고치거나 지우십시오. 모든 설정 항목은 `corridor config`에서 확인할 수 있습니다.

tls-invalid = 인증서나 키를 사용할 수 없습니다
    .detail = 사용할 수 없는 TLS 파일입니다: { $path }. 이유: { $why }
    .remedy = 인증서와 키가 서로 맞는지, PEM 형식인지, 만료되지 않았는지 확인하십시오. 교체한 파일은 다시 시작하지 않아도 반영됩니다.

backup-invalid = 백업이 올바르지 않습니다
    .detail = 사용할 수 없는 백업입니다: { $path }. 이유: { $why }
    .remedy = 다른 백업을 사용하거나 `corridor backup`으로 새로 만드십시오. 복원은 하지 않았습니다.

already-exists = 이미 있습니다
    .detail = 이미 있으므로 변경하지 않았습니다: { $what }
    .remedy = 다른 이름을 지정하거나 이미 있는 것을 사용하십시오.

node-unreachable = 노드가 응답하지 않습니다
    .detail = { $address } 주소의 노드에 연결할 수 없습니다: { $why }
    .remedy = 노드가 실행 중인지 확인하고, 멈춰 있다면 `corridor serve`로 시작하십시오. 원인은 `corridor doctor`로 찾을 수 있습니다.

internal = 프로그램의 결함입니다
    .detail = 예상하지 못한 일이 발생했습니다: { $why }
    .remedy = 다시 시도하십시오. 해결되지 않으면 이 메시지와 노드의 로그를 첨부하여 신고하십시오.

## 원장

log-unknown = 이 노드가 다루지 않는 로그입니다
    .detail = 이 노드는 다음 오리진의 로그를 증언하지도 미러링하지도 않습니다: { $what }
    .remedy = 오리진 행을 확인하십시오. 상대 기관의 로그는 신뢰 목록에서, 그 밖의 로그는 설정에서 읽습니다. `corridor config`를 참고하십시오.

checkpoint-unsigned = 체크포인트에 로그의 서명이 없습니다
    .detail = 이 로그에 대해 신뢰하는 키의 유효한 서명이 체크포인트에 없습니다: { $what }
    .remedy = 로그가 서명한 그대로의 체크포인트를 보내십시오. 로그의 키가 바뀌었다면 먼저 신뢰 목록이나 설정에 있어야 합니다.

checkpoint-inconsistent = 체크포인트가 이어지지 않습니다
    .detail = { $what }의 체크포인트가 앞서 받아들인 것에 이어진다는 것이 증명되지 않았습니다: { $why }
    .remedy = 로그를 백업에서 복원했다면 멈추고 미러에서 복구하십시오. 두 체크포인트가 서로 모순되면 증거가 보관되어 있습니다. `corridor log alarms`를 참고하십시오.

witness-behind = 증인이 복원되어 아직 최신 상태가 아닙니다
    .detail = 이 노드는 백업에서 복원되었으며 로그의 최신 상태를 아직 확인하지 못했습니다: { $what }
    .remedy = 나중에 다시 시도하십시오. 노드가 로그와 다른 증인에게 스스로 묻습니다. 응답하지 않는 곳은 `corridor doctor`로 확인할 수 있습니다.

log-held = 로그가 아직 접수도 서명도 하지 않습니다
    .detail = 복원 후 로그 { $what }은(는) 다른 곳에서 무엇을 확인했는지 알 때까지 대기합니다: { $why }
    .remedy = 노드가 증인과 미러에게 스스로 묻고, 모두 응답하면 계속합니다. 상대에 연결할 수 있도록 하십시오. 응답하지 않는 곳은 `corridor doctor`로 확인할 수 있습니다. 아무도 모르는 원시 로그는 멈춘 채로 있으니 ledger.raw에 다른 이름의 로그를 추가하십시오.

log-lost = 로그의 리프가 유실되었습니다
    .detail = 다른 곳에서는 로그 { $what }의 리프를 { $expected }개까지 확인했지만, 이 노드와 응답한 미러에는 { $found }개가 있습니다.
    .remedy = 빠진 리프가 있는 미러나 더 새로운 백업을 준비하십시오. 노드가 스스로 찾습니다. 어디에도 없으면 이 로그는 끝나고 새 로그가 승계합니다. `corridor log succession`의 출력을 자국의 발행 기관에 전달해 승계 성명에 서명을 받고(`corridor trust succeed`), 새 목록을 가져오십시오.

log-ended = 이 로그는 종료되었습니다
    .detail = 로그 { $what }은(는) 종료되었고 { $found }이(가) 이를 승계했습니다: { $why }
    .remedy = 승계한 로그를 사용하십시오. 아직 이전 로그에 서명하려는 노드는 오래된 데이터로 동작하고 있습니다. 최신 백업을 되돌리고 자국의 최신 신뢰 목록을 가져온 뒤 새 로그를 시작하게 하십시오.

## 개인에 관한 데이터

subject-erased = 파기되었습니다
    .detail = 데이터가 파기된 개인에 관한 것으로, 더 이상 읽을 수 없습니다. 대상: { $what }
    .remedy = 되돌릴 방법은 없습니다. 파기 일시와 상대 기관별 확인 상태는 `corridor subject erasures`로 확인할 수 있습니다. 여전히 필요한 정보는 새 참조 번호로 다시 수집하십시오.

subject-key-missing = 개인의 키가 없습니다
    .detail = 개인에 관한 데이터로 봉인되어 있으나, 이를 여는 키가 데이터베이스에 없습니다.
    .remedy = 백업에서 복원한 노드라면 키 대장과 함께 다시 복원하십시오: `corridor restore --subject-keys FILE`. 백업만으로는 이 키가 포함되지 않습니다.

## 무역

interchange-invalid = 교환 데이터가 올바르지 않습니다
    .detail = EDIFACT 교환 데이터에 오류가 있습니다. 위치: { $what }, 이유: { $why }
    .remedy = 해당 위치를 고치고 새 교환 데이터로 다시 보내십시오.

directory-invalid = EDIFACT 디렉터리를 사용할 수 없습니다
    .detail = 디렉터리에 오류가 있습니다. 위치: { $what }, 이유: { $why }
    .remedy = UNECE가 공개한 zip을 그대로 다시 받아 등록하십시오.

guide-invalid = 거래처 가이드를 사용할 수 없습니다
    .detail = 가이드에 오류가 있습니다. 위치: { $what }, 이유: { $why }
    .remedy = 해당 위치를 고치십시오. 메시지 안의 위치는 `corridor trade directory show 메시지이름`으로 확인할 수 있습니다.

decision-refused = 이 결정은 할 수 없습니다
    .detail = 건 { $id }의 상태는 "{ $found }"입니다. "{ $what }"은(는) 할 수 없거나, 그사이 다른 담당자가 결정했습니다.
    .remedy = `corridor trade queue`로 상태를 확인하고 다시 결정하십시오. 수리하거나 반려한 건의 결정은 바뀌지 않습니다. 바꾸려면 새로 신고하거나 정정해야 합니다.

risk-rule-invalid = 이 위험 기준은 쓸 수 없습니다
    .detail = { $what }: { $why }
    .remedy = 파일에서 해당 부분을 고치십시오. 신고 항목 이름은 `corridor trade mapping show cusdec --fields`로, 적하목록 항목 이름은 cuscar로 확인할 수 있습니다.
