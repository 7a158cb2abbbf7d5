#!/usr/bin/env python3
"""Writes requests/*.http: what the population database's client must send, byte for byte, from the facts of the wire and
not from the client. A line of method and address, the headers in alphabetical order, an empty line, the body.

    python3 vneid-auth/tests/golden/population/requests.py
"""

import base64
import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent / "requests"
MILLIS = 1_800_000_000_123
REQUEST_ID = f"{MILLIS}000007"
AXIS = "https://lgsp.example/dancu/037"
USER, SECRET = "so-tttt", "not-a-real-secret"
NUMBER, FOLDED, DAY, YEAR = "001890000001", "DANGTHIANHGIALAP", "23900131", "2390"


def b64(text):
    return base64.b64encode(text.encode()).decode()


def soap(operation, service, middle="", date=f"<dan:NgayThangNam>{DAY}</dan:NgayThangNam>", officer="cong-dvc",
         procedure="VPCP"):
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:dan="http://dancuquocgia.bca">'
        f"<soapenv:Header/><soapenv:Body><dan:{operation}><dan:MaYeuCau>{REQUEST_ID}</dan:MaYeuCau>"
        f"<dan:MaDVC>{procedure}</dan:MaDVC><dan:MaTichHop>{service}</dan:MaTichHop><dan:MaCanBo>{officer}</dan:MaCanBo>"
        f"{middle}<dan:SoDinhDanh>{NUMBER}</dan:SoDinhDanh><dan:HoVaTen>{FOLDED}</dan:HoVaTen>"
        f"<dan:NgayThangNamSinh>{date}</dan:NgayThangNamSinh></dan:{operation}></soapenv:Body></soapenv:Envelope>"
    )


def record(**more):
    return soap("TraCuuThongTinCongDan", "037", **more)


def verify(**more):
    return soap("XacThucThongTinCongDan", "003", **more)


BY_YEAR = {"date": f"<dan:Nam>{YEAR}</dan:Nam>"}


def write(name, url, headers, body):
    lines = [f"POST {url}", *sorted(f"{name.lower()}: {value}" for name, value in headers.items()), "", body]
    (HERE / f"{name}.http").write_bytes("\n".join(lines).encode())


def axis(name, body, timestamp=MILLIS, hashed=AXIS, **headers):
    proof = hashlib.sha256(f"{hashed}{USER}{timestamp}{SECRET}".encode()).hexdigest()
    write(name, AXIS, {
        "Authorization": f"Basic {b64(f'{USER}:{proof}')}",
        "Timestamp": timestamp,
        "SOAPAction": '""',
        "Content-Type": "application/xml; charset=utf-8",
        "Accept": "application/xml, text/xml",
        **headers,
    }, body)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def gateway(name, url, body, **headers):
    headers = {"Content-Type": "application/json", "Accept": "application/json, application/xml", **headers}
    write(name, url, headers, compact(body))


HERE.mkdir(exist_ok=True)
axis("axis-037", record())
axis("axis-037-by-year", record(**BY_YEAR))
axis("axis-verify", verify())
axis("axis-verify-by-year", verify(**BY_YEAR))
axis("axis-seconds", record(), timestamp=MILLIS // 1000)
axis("axis-headers", record(), hashed="http://dancuquocgia.example/037",
     **{"X-Road-Client": "VN/GOV/portal", "ApiKey": "not-a-real-key"})
OFFICER = "<dan:MaDonVi>DV-01</dan:MaDonVi><dan:TaiKhoan>can.bo</dan:TaiKhoan><dan:SoDienThoai>{}</dan:SoDienThoai>"
axis("axis-officer", record(middle=OFFICER.format("0900000042"), officer="001890000042", procedure="1.004194"))
axis("axis-officer-without-phone", record(middle=OFFICER.format("0"), officer="001890000042"))
axis("axis-unit", record(middle="<dan:MaDonVi>DV-01</dan:MaDonVi>"))
axis("axis-other-codes", soap("XacThucThongTinCongDan", "033", procedure="A&lt;B&amp;C&gt;\"'"))
axis("axis-dashed-date", record(date="<dan:NgayThangNam>2390-01-31</dan:NgayThangNam>"))

access = b64(compact({"AccessKey": "key-1", "SecretKey": "not-a-real-key", "AppName": "cổng", "PartnerCode": "P-1",
                      "PartnerCodeCus": "C-1"}))
write("soap-in-json-token", "https://lgsp.example/token", {
    "lgspaccesstoken": access, "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
}, "")
for name, body in [("soap-in-json-037", record()), ("soap-in-json-verify", verify(**BY_YEAR))]:
    gateway(name, "https://lgsp.example/dancu", {
        "accessToken": "Bearer a-fetched-token", "lgspAccessToken": access, "AuthHash": b64(f"{USER}:{SECRET}"), "data": body,
    })

for name, date in [("flat-json", DAY), ("flat-json-by-year", YEAR)]:
    gateway(name, "https://lgsp.example/dancu", {
        "maYeuCau": REQUEST_ID, "maDVC": "VPCP", "maCanBo": "cong-dvc", "soDinhDanh": NUMBER, "soCMND": "", "hoVaTen": FOLDED,
        "ngayThangNam": date, "userNameService": "STTTT",
    }, Authorization="Bearer a-given-token")

for name, day, year, more in [
    ("soap-as-text", DAY, None, {}),
    ("soap-as-text-by-year", None, YEAR, {}),
    ("soap-as-text-bearer", DAY, None, {"Authorization": "Bearer a-given-token"}),
]:
    gateway(name, "https://lgsp.example/dancu", {
        "hoVaTen": FOLDED, "soDinhDanh": NUMBER, "soCMND": None, "ngayThangNam": day, "nam": year, "maTichHop": "037",
        "maDVC": "VPCP", "maCanBo": "cong-dvc", "maYeuCau": REQUEST_ID,
    }, **more)
