"""The local stack: MiniStack with infra/template.yaml on it, and the stand-ins beside it.

Everything binds loopback, and everything a stack has is in its directory: settings, logs, process
records. Several stacks run side by side in different directories.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from services import Service, free_ports
from tools import (
    LOCAL,
    ROOT,
    STACK_VENV,
    TOOLS_VENV,
    StackError,
    clean_environment,
    locked,
    say,
    setup,
    shown,
)

TEMPLATE = ROOT / "infra" / "template.yaml"
STAGED = ROOT / "target" / "lambda"

# A folder each, which is also the program's name; tests/wiring holds the template equal to them.
FUNCTIONS = sorted(entry.parent.name for entry in (ROOT / "functions").glob("*/Cargo.toml"))
# Programs of infra/local that play outsiders, each a process of a stack.
STAND_INS = ("issuer", "gateways", "portal", "payments", "post")
# Singapore, the region nearest to Vietnam, as in production.
REGION = "ap-southeast-1"
STACK_NAME = "motcua"
CODE_BUCKET = "motcua-code"
# Seals who sent an event, and makes integrators' secrets.
EVENTS_KEY = "local-events-key"
# Makes one-time codes and seals tokens; generated requests show such a token.
PROOF_KEY = "local-proof-key-of-nobody"
# The key that MiniStack takes for the account's root. The functions get keys of their own roles.
ROOT_KEY = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
# The account that the gateway stand-ins know.
GATEWAY_ACCOUNT = {
    # Taken besides those that the stand-in has granted: for tests that ask it themselves.
    "ZALO_ACCESS_TOKEN": "local",
    "SPEEDSMS_TOKEN": "local",
    "VNPT_API_PASSWORD": "local",
    "ESMS_API_KEY": "local",
    "ESMS_SECRET_KEY": "local",
    "ESMS_BRANDNAME": "MOTCUA",
    # What the stand-in signs its reports with, and the secret in the address for those that are not
    # signed.
    "ZALO_APP_ID": "1234567890123456789",
    "ZALO_APP_SECRET": "local-app-secret",
    # What a person brings by signing in; it works once, like Zalo's.
    "ZALO_REFRESH_TOKEN": "local-refresh-token",
    "ZALO_OA_SECRET": "stand-in-oa-secret",
    "ESMS_REPORT_SECRET": "local-report-secret",
    "SMS_INBOUND_SECRET": "local-inbound-secret",
}

# The account that the national portal's stand-in knows.
PORTAL_ACCOUNT = {
    "NATIONAL_USER": "province",
    "NATIONAL_PASSWORD": "local",
    "NATIONAL_UNIT": "000.00.00.H20",
    "NATIONAL_DSTCODE": "VN:GOV:000.00.00.G22:vpcpdvcprovider",
}

# The account that the payment platform's stand-in knows.
PAYMENT_ACCOUNT = {"PAYMENT_PARTNER": "DT87", "PAYMENT_SECRET": "local-payment-secret"}

# The account that the post's stand-in knows.
POST_ACCOUNT = {
    "VNPOST_CUSTOMER": "DT0087",
    "VNPOST_USER": "province",
    "VNPOST_SECRET": "local-post-secret",
}

# What the secret store of a stack has, as docs/deployment.md#secrets lists it.
SECRETS = {
    "ContactsKey": "local-contacts-key",
    "PeopleKey": "local-people-key",
    "EventsKey": EVENTS_KEY,
    "ProofKey": PROOF_KEY,
    "LimitsKey": "local-limits-key",
    "ZaloAppSecret": GATEWAY_ACCOUNT["ZALO_APP_SECRET"],
    "ZaloOaSecret": GATEWAY_ACCOUNT["ZALO_OA_SECRET"],
    "EsmsApiKey": GATEWAY_ACCOUNT["ESMS_API_KEY"],
    "EsmsSecretKey": GATEWAY_ACCOUNT["ESMS_SECRET_KEY"],
    "EsmsReportSecret": GATEWAY_ACCOUNT["ESMS_REPORT_SECRET"],
    "SmsInboundSecret": GATEWAY_ACCOUNT["SMS_INBOUND_SECRET"],
    "SpeedsmsToken": GATEWAY_ACCOUNT["SPEEDSMS_TOKEN"],
    "VnptApiPassword": GATEWAY_ACCOUNT["VNPT_API_PASSWORD"],
    "PaymentSecret": PAYMENT_ACCOUNT["PAYMENT_SECRET"],
    "NationalPassword": PORTAL_ACCOUNT["NATIONAL_PASSWORD"],
    "VnpostSecret": POST_ACCOUNT["VNPOST_SECRET"],
}


def built(program: str, profile: str = "debug") -> Path:
    return ROOT / (os.environ.get("CARGO_TARGET_DIR") or "target") / profile / program


def stage(profile: str) -> None:
    """Lays the binaries out as cargo-lambda does, which is where the template looks for them."""
    for function in FUNCTIONS:
        source = built(function, profile)
        bootstrap = STAGED / function / "bootstrap"
        if not source.exists():
            raise StackError(f"{function} is not built: {source} is missing (make build)")
        bootstrap.parent.mkdir(parents=True, exist_ok=True)
        bootstrap.unlink(missing_ok=True)
        try:
            bootstrap.hardlink_to(source)
        except OSError:  # another file system
            shutil.copy2(source, bootstrap)


def zipped(function: str) -> Path:
    """The package of a staged function, made again only if what is staged is another one.

    SAM would zip every function at each deployment, as small as it can: a minute of a stack's start
    for packages that go to a neighbouring process.
    """
    bootstrap, package = STAGED / function / "bootstrap", STAGED / f"{function}.zip"
    stamp = bootstrap.stat().st_mtime_ns
    if package.exists() and package.stat().st_mtime_ns == stamp:
        return package
    # Under a name of its own: two stacks may be deployed at once.
    handle, name = tempfile.mkstemp(dir=STAGED)
    with (
        os.fdopen(handle, "wb") as written,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        archive.write(bootstrap, "bootstrap")
    os.utime(name, ns=(stamp, stamp))
    Path(name).replace(package)
    return package


def template_with_packages(directory: Path) -> Path:
    """Writes the template as it is, but for where the code of each function lies."""
    text = TEMPLATE.read_text()
    # zlib lets the other threads run.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for function, package in zip(FUNCTIONS, pool.map(zipped, FUNCTIONS), strict=True):
            text = text.replace(f"CodeUri: ../target/lambda/{function}/\n", f"CodeUri: {package}\n")
    if "../" in text:
        raise StackError(f"{shown(TEMPLATE)} names a file that no function is")
    template = directory / "tmp" / "template.yaml"
    template.write_text(text)
    return template


# What each can do next, in one line that works as it stands; `make readme` runs them, too.
NEXT = (
    (
        "a portal's developer (infra/openapi.yaml)",
        '. SETTINGS; curl -s "$API_URL/v1/procedures?search=khai+sinh&limit=1"; echo',
    ),
    (
        "an integrator (docs/integrators.md)",
        "make -s check-event FILE=events/integrators/submit.json",
    ),
    (
        "a leader (empty until a night is counted)",
        '. SETTINGS; curl -s "$API_URL/v1/reports/$(date -d yesterday +%F)?format=csv"',
    ),
)


class Stack:
    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.settings_file = self.directory / "stack.env"
        self.ministack = Service("ministack", self.directory)
        self.issuer = Service("issuer", self.directory)
        self.gateways = Service("gateways", self.directory)
        self.portal = Service("portal", self.directory)
        self.payments = Service("payments", self.directory)
        self.post = Service("post", self.directory)
        self.stand_ins = (self.issuer, self.gateways, self.portal, self.payments, self.post)
        self.services = (self.ministack, *self.stand_ins)

    def settings(self) -> dict[str, str]:
        try:
            lines = self.settings_file.read_text().splitlines()
        except FileNotFoundError:
            raise StackError(f"no stack is up in {shown(self.directory)} (make up)") from None
        return dict(line.split("=", 1) for line in lines)

    def up(self, port_base: int | None) -> None:
        missing = [
            function for function in FUNCTIONS if not (STAGED / function / "bootstrap").exists()
        ]
        missing += [name for name in STAND_INS if not built(name).exists()]
        if missing:
            raise StackError(f"not built: {', '.join(missing)} (make build)")
        with locked(self.directory / "lock"):
            self.stop()
            try:
                self.start(port_base)
            except BaseException:
                self.stop()
                raise

    def start(self, port_base: int | None) -> None:
        ports = free_ports(7) if port_base is None else [port_base + offset for offset in range(7)]
        endpoint = f"http://127.0.0.1:{ports[0]}"
        # By name: the issuer calls itself so in its tokens, and the authorizer compares letter by
        # letter.
        issuer_url = f"http://localhost:{ports[1]}"
        gateways_url = f"http://localhost:{ports[2]}"
        portal_url = f"http://localhost:{ports[3]}"
        payments_url = f"http://localhost:{ports[4]}"
        # Nobody listens there until somebody starts docs/examples/portal; the storage of documents
        # takes uploads from pages of its origin.
        page_url = f"http://localhost:{ports[5]}"
        post_url = f"http://localhost:{ports[6]}"
        tools = {
            **clean_environment(),
            **ROOT_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": endpoint,
        }

        shutil.rmtree(self.directory / "log", ignore_errors=True)
        self.ministack.start(
            [STACK_VENV.program("ministack")], self.ministack_environment(tools, ports[0])
        )
        # Started again with the same words while the stack is up, the stand-in still knows the
        # tokens that it has granted.
        memory = self.directory / "tmp" / "gateways.json"
        account = ("--account", json.dumps(GATEWAY_ACCOUNT), "--memory", str(memory))
        for service, port, more in (
            (self.issuer, ports[1], ("--key", str(self.issuer_key()))),
            (self.gateways, ports[2], account),
            (self.portal, ports[3], ("--account", json.dumps(PORTAL_ACCOUNT))),
            (self.payments, ports[4], ("--account", json.dumps(PAYMENT_ACCOUNT))),
            (self.post, ports[6], ("--account", json.dumps(POST_ACCOUNT))),
        ):
            program = [str(built(service.name)), "--port", str(port), *more]
            service.start(program, clean_environment())
        urls = (issuer_url, gateways_url, portal_url, payments_url, post_url)
        for service, url in zip(self.stand_ins, urls, strict=True):
            service.wait_ready(f"{url}/health")
        self.ministack.wait_ready(f"{endpoint}/_ministack/health")
        say("MiniStack, issuer, gateways, portal, payments and post are ready")

        say(f"deploying {shown(TEMPLATE)}, some 15 s")
        outputs = self.deploy(tools, *urls, page_url)
        say(f"deployed {len(FUNCTIONS)} functions")

        settings = {
            "API_URL": f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/%24default",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": REGION,
            # The only name of the two that boto3 and the first AWS CLI read.
            "AWS_DEFAULT_REGION": REGION,
            **ROOT_KEY,
            "INTEGRATOR_QUEUE_URL": outputs["IntegratorQueueUrl"],
            "INTEGRATOR_DLQ_URL": outputs["IntegratorDlqUrl"],
            "TEST_REPLIES_QUEUE_URL": outputs["TestRepliesQueueUrl"],
            "NOTICES_QUEUE_URL": outputs["NoticesQueueUrl"],
            "NOTICES_DLQ_URL": outputs["NoticesDlqUrl"],
            "NATIONAL_DLQ_URL": outputs["NationalDlqUrl"],
            "DELIVERIES_TABLE": outputs["DeliveriesTableName"],
            "WAKE_DELIVERIES_FUNCTION": outputs["WakeDeliveriesFunctionName"],
            "RELAY_FAILURES_QUEUE_URL": outputs["RelayFailuresQueueUrl"],
            "DOCUMENTS_BUCKET": outputs["DocumentsBucketName"],
            "DOCUMENTS_QUEUE_URL": outputs["DocumentsQueueUrl"],
            "DOCUMENTS_DLQ_URL": outputs["DocumentsDlqUrl"],
            "COUNTS_DLQ_URL": outputs["CountsDlqUrl"],
            "ROLLUP_FAILURES_QUEUE_URL": outputs["RollupFailuresQueueUrl"],
            "DOSSIERS_TABLE": outputs["DossiersTableName"],
            "INTAKE_TABLE": outputs["IntakeTableName"],
            # What integrators' secrets are made of (make integrator-secret).
            "EVENTS_KEY": EVENTS_KEY,
            "PROOF_KEY": PROOF_KEY,
            "NOTICES_TABLE": outputs["NoticesTableName"],
            "CATALOGUE_TABLE": outputs["CatalogueTableName"],
            "CONTACTS_TABLE": outputs["ContactsTableName"],
            "KPI_TABLE": outputs["KpiTableName"],
            "CHANGE_STATUS_ROLE": outputs["ChangeStatusRoleArn"],
            "ROLLUP_FUNCTION": outputs["RollupFunctionName"],
            "WAKE_FUNCTION": outputs["WakeFunctionName"],
            "SETTLE_PAYMENTS_FUNCTION": outputs["SettlePaymentsFunctionName"],
            "REPAIR_FUNCTION": outputs["RepairFunctionName"],
            "REFRESH_TOKEN_FUNCTION": outputs["RefreshTokenFunctionName"],
            "ROLLUP_SCHEDULE": outputs["RollupScheduleName"],
            "ISSUER_URL": issuer_url,
            "GATEWAYS_URL": gateways_url,
            "PORTAL_URL": portal_url,
            "PAGE_URL": page_url,
            "PAYMENTS_URL": payments_url,
            "POST_URL": post_url,
            **GATEWAY_ACCOUNT,
            **PORTAL_ACCOUNT,
            **PAYMENT_ACCOUNT,
            **POST_ACCOUNT,
        }
        self.settings_file.write_text(
            "".join(f"{key}={value}\n" for key, value in settings.items())
        )
        say(f"up: settings in {shown(self.settings_file)}")

    def report_deliveries(self) -> None:
        """Has the gateways report to this stack what arrived, which a test does for itself."""
        settings = self.settings()
        for gateway, path in (("zalo", "zalo"), ("esms", f"esms/{settings['ESMS_REPORT_SECRET']}")):
            rule = {
                "gateway": gateway,
                "reports": {"url": f"{settings['API_URL']}/v1/callbacks/{path}"},
            }
            request = urllib.request.Request(
                f"{settings['GATEWAYS_URL']}/behaviour",
                json.dumps(rule).encode(),
                {"content-type": "application/json"},
                method="PUT",
            )
            with urllib.request.urlopen(request, timeout=5):
                pass

    def issuer_key(self) -> Path:
        """Each stack has its own: a token of another one opens nothing here."""
        # Here, because the Python that sets the tools up does not have it.
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

        path = self.directory / "tmp" / "issuer.der"
        path.touch(mode=0o600)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return path

    def ministack_environment(self, tools: Mapping[str, str], port: int) -> dict[str, str]:
        scratch = self.directory / "tmp"
        scratch.mkdir(parents=True)
        return {
            **tools,
            # The default is every interface.
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            # The HTTP client of lambda_http takes no address as a host name.
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": REGION,
            # Enforces the functions' roles.
            "AUTH": "true",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": str(scratch),
            "STATE_DIR": str(scratch / "state"),
            "PYTHONUNBUFFERED": "1",
        }

    def deploy(
        self,
        tools: Mapping[str, str],
        issuer_url: str,
        gateways_url: str,
        portal_url: str,
        payments_url: str,
        post_url: str,
        page_url: str,
    ) -> dict[str, str]:
        # Here, because the Python that sets the tools up does not have it.
        import boto3  # noqa: PLC0415

        parameters = {
            "Architecture": "arm64" if os.uname().machine in ("aarch64", "arm64") else "x86_64",
            "OidcIssuer": issuer_url,
            "ZaloUrl": f"{gateways_url}/zalo",
            "ZaloOaUrl": f"{gateways_url}/zalo-oa",
            "ZaloLoginUrl": f"{gateways_url}/zalo-login",
            "EsmsUrl": f"{gateways_url}/esms",
            "EsmsBrandname": GATEWAY_ACCOUNT["ESMS_BRANDNAME"],
            # In reserve: asked where eSMS cannot.
            "SpeedsmsUrl": f"{gateways_url}/speedsms",
            "SpeedsmsSender": GATEWAY_ACCOUNT["ESMS_BRANDNAME"],
            "VnptUrl": f"{gateways_url}/vnpt",
            "VnptApiUser": "province",
            "VnptUserName": "province",
            "VnptLabelId": "1",
            "VnptContractId": "2",
            "VnptTemplateId": "3",
            "VnptAgentId": "4",
            "ZaloAppId": GATEWAY_ACCOUNT["ZALO_APP_ID"],
            "NationalUrl": portal_url,
            "NationalUser": PORTAL_ACCOUNT["NATIONAL_USER"],
            "NationalUnit": PORTAL_ACCOUNT["NATIONAL_UNIT"],
            "NationalDstcode": PORTAL_ACCOUNT["NATIONAL_DSTCODE"],
            "VnpostUrl": post_url,
            "VnpostCustomer": POST_ACCOUNT["VNPOST_CUSTOMER"],
            "VnpostUser": POST_ACCOUNT["VNPOST_USER"],
            "PaymentUrl": f"{payments_url}/api",
            "PaymentPartner": PAYMENT_ACCOUNT["PAYMENT_PARTNER"],
            "PaymentIp": "127.0.0.1",
            "PaymentAccount": "3714|KBNN|VTB",
            "PaymentRefundType": "REFUND",
            "StorageUrl": tools["AWS_ENDPOINT_URL"],
            "Subscribers": "true",
            "PublicUrl": "https://motcua.example.vn",
            # For the storage of documents alone: the engine refuses each preflight of the API (ADR
            # 39).
            "CorsOrigins": f"https://dichvucong.example.vn,{page_url}",
            "NoticeLimits": "ignored",
            # The whole province comes from one address here, and generated requests in thousands.
            "LimitsTimes": "1000",
            # A test publishes an edition and does not wait a minute for it.
            "CatalogueMaxAgeSeconds": "1",
            "UndecidedYears": "assumed",
            "Schedules": "DISABLED",
            "MetricMathAlarms": "false",
            "SavedQueries": "false",
            "BatchSelections": "false",
            "GatewayTimeoutMs": "2000",
            "DeletionProtection": "false",
            "RelayMaximumRecordAgeSeconds": "60",
            # A demonstration plays a month in a minute, and a test does not wait half a day.
            "IntegratorSettleSeconds": "0",
            "IntegratorPatienceSeconds": "30",
        }
        command = [
            *(
                TOOLS_VENV.program("sam"),
                "deploy",
                "--template-file",
                str(template_with_packages(self.directory)),
                "--stack-name",
                STACK_NAME,
            ),
            *("--s3-bucket", CODE_BUCKET, "--capabilities", "CAPABILITY_IAM", "--region", REGION),
            *("--no-confirm-changeset", "--no-progressbar", "--language-extensions"),
            *("--parameter-overrides", *(f"{key}={value}" for key, value in parameters.items())),
        ]
        client = functools.partial(
            boto3.client,
            endpoint_url=tools["AWS_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id=ROOT_KEY["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT_KEY["AWS_SECRET_ACCESS_KEY"],
        )
        client("s3").create_bucket(
            Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        for name, secret in SECRETS.items():
            client("secretsmanager").create_secret(Name=f"{STACK_NAME}/{name}", SecretString=secret)
        environment = {
            **tools,
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(self.directory / "tmp" / "sam"),
        }
        log = self.directory / "log" / "deploy.log"
        with log.open("wb") as output:
            outcome = subprocess.run(
                command,
                check=False,
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if outcome.returncode:
            raise StackError("sam deploy failed:\n" + "\n".join(log.read_text().splitlines()[-30:]))
        (deployed,) = client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in deployed["Outputs"]}
        # As a person does after signing in to Zalo.
        order = json.dumps({"refreshToken": GATEWAY_ACCOUNT["ZALO_REFRESH_TOKEN"]}).encode()
        signed_in = client("lambda").invoke(
            FunctionName=outputs["RefreshTokenFunctionName"], Payload=order
        )
        standing = json.load(signed_in["Payload"])
        if standing.get("standing") != "renewed":
            raise StackError(f"the sign-in at Zalo's stand-in failed: {standing}")
        # A test takes this role on, to see what it is refused.
        change_status = client("lambda").get_function_configuration(
            FunctionName=f"{STACK_NAME}-change-status"
        )
        return outputs | {"ChangeStatusRoleArn": change_status["Role"]}

    def stop(self) -> None:
        with undisturbed():
            for service in self.services:
                service.stop()
            self.settings_file.unlink(missing_ok=True)
            shutil.rmtree(self.directory / "tmp", ignore_errors=True)

    def down(self) -> None:
        with locked(self.directory / "lock"):
            self.stop()
        say(f"down: {shown(self.directory)}")

    def run(self, command: list[str]) -> int:
        """Runs a command against a stack of its own, taken down however the command ends."""
        self.up(None)
        try:
            path = os.pathsep.join(
                [str(STACK_VENV.path / "bin"), os.environ.get("PATH", os.defpath)]
            )
            # In a shell that has sourced another stack's settings, those would win over this one's.
            mine = {
                name: value
                for name, value in clean_environment().items()
                if name not in self.settings()
            }
            environment = {**mine, "PATH": path, "STACK_ENV": str(self.settings_file)}
            return subprocess.run(command, check=False, env=environment).returncode
        finally:
            self.down()

    def status(self) -> int:
        running = [service.name for service in self.services if service.pid() is not None]
        for service in self.services:
            state = "up" if service.name in running else "down"
            print(
                f"{service.name:<10} {state:<5}"
                + (f" log {shown(service.log)}" if service.log.exists() else "")
            )
        if len(running) == len(self.services) and self.settings_file.exists():
            print(f"settings   {shown(self.settings_file)}")
            return 0
        if not running and not self.settings_file.exists():
            print("nothing runs: make up starts it")
            return 0
        print("a part of it has ended, and what it held is gone:")
        print("make up starts it anew, make down ends the rest")
        return 1

    def token(self, role: str, agency: str | None, id_number: str | None) -> str:
        if role == "officer" and not agency:
            raise StackError(
                "an officer is one of an agency: make -s token ROLE=officer AGENCY=H20.12"
            )
        if role == "citizen" and not id_number:
            raise StackError("a citizen has a number: make -s token ROLE=citizen ID=087199012345")
        wanted = {"role": role, "agency": agency, "idNumber": id_number}
        body = json.dumps({key: value for key, value in wanted.items() if value}).encode()
        request = urllib.request.Request(f"{self.settings()['ISSUER_URL']}/token", data=body)
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return str(json.load(response)["access_token"])
        except urllib.error.HTTPError as refusal:
            raise StackError(f"the issuer refused: {refusal.read().decode()}") from None
        except urllib.error.URLError:
            raise StackError("the issuer does not answer: make status says what runs") from None


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """An impatient second Ctrl-C must not leave half of a stack behind."""
    handlers = {
        signum: signal.signal(signum, signal.SIG_IGN)
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)


def ended(signum: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signum)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="install the pinned tools")
    staging = commands.add_parser("stage", help="lay built binaries out for the template")
    staging.add_argument("--profile", choices=("debug", "release"), default="debug")
    for name, text in (
        ("up", "start a stack afresh, deploy the template"),
        ("down", "stop everything a stack started"),
        ("run", "start a stack, run a command against it, stop it"),
        ("status", "what runs"),
        ("token", "print a bare token of the stand-in issuer"),
    ):
        command = commands.add_parser(name, help=text)
        # STACK_DIR lets a second stack stand beside the developer's, for every door of the
        # Makefile.
        command.add_argument("--dir", type=Path, default=Path(os.environ.get("STACK_DIR") or LOCAL))
        if name == "up":
            command.add_argument(
                "--port-base", default="auto", help="first of five ports in a row, or auto"
            )
        if name == "run":
            command.add_argument("argv", nargs=argparse.REMAINDER)
        if name == "token":
            command.add_argument("--role", default="officer")
            command.add_argument("--agency")
            command.add_argument("--id")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, ended)
    if asked.command == "setup":
        setup()
        return 0
    if asked.command == "stage":
        stage(asked.profile)
        return 0
    if asked.command in ("up", "run"):
        setup()
        if Path(sys.prefix) != STACK_VENV.path:
            os.execv(STACK_VENV.program("python"), [STACK_VENV.program("python"), *sys.argv])
    stack = Stack(asked.dir)
    if asked.command == "up":
        stack.up(None if asked.port_base == "auto" else int(asked.port_base))
        stack.report_deliveries()
        say(f"in your shell: set -a; . {shown(stack.settings_file)}; set +a")
        say(f"the citizen's page: {stack.settings()['API_URL']}/tra-cuu")
        say("a token: make -s token ROLE=officer AGENCY=H20.12")
        for who, line in NEXT:
            say(f"{who}: {line.replace('SETTINGS', str(shown(stack.settings_file)))}")
        say(
            "it keeps nothing: make down, the next make up or MiniStack's end removes what it holds"
        )
    elif asked.command == "down":
        stack.down()
    elif asked.command == "run":
        return stack.run(asked.argv[1:] if asked.argv[:1] == ["--"] else asked.argv)
    elif asked.command == "status":
        return stack.status()
    else:
        print(stack.token(asked.role, asked.agency, asked.id))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        sys.exit(f"stack: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
