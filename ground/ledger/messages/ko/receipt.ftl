# 인쇄용 기록 증명입니다. 인수 설명은 en/receipt.ftl 에 있습니다.

page-title = 행위의 기록 증명
page-complete = 완성: 각국의 증인이 연서했습니다.
page-pending = 아직 완성되지 않았습니다. 빠진 것: { $missing }
page-failed = 이 페이지를 신뢰하지 마십시오. 실패한 검사가 있습니다.

label-act = 행위
label-id = 행위 번호
label-time = 시각(노드의 시계, UTC)
label-log = 로그
label-place = 로그 안의 위치
value-place = 위치 { $index }(전체 { $size }건)
label-leaf = 행위의 해시
label-root = 로그의 루트
label-signatures = 서명자
label-log-key = 로그
label-witness = 증인, { $country }
label-witness-nowhere = 증인
label-own = 로그 운영자 자신, 세지 않음
label-code = 기록 증명의 QR 코드
label-part = { $count }개 중 { $number }번째

page-what = 이 페이지는 행위가 로그에 기재되었다는 것과 누가 그것을 확인했는지를 보여 줍니다. 내용은 전혀 드러내지 않습니다. 행위에는 커밋먼트만 들어 있으며 당사자만 열 수 있습니다.
page-verify = 검증하려면 코드를 읽어 텍스트를 파일로 저장하거나 이 페이지에서 내려받은 다음 `corridor verify 파일 --policy 정책`을 실행하십시오. 통신이 필요 없으며 정책에 있는 키 외에는 아무도 신뢰하지 않습니다.
page-parts = 이 기록 증명은 여러 코드로 나뉘어 있습니다. 모두 읽으십시오. 순서는 상관없습니다.
page-download = 기록 증명 내려받기
