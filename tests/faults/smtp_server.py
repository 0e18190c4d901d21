"""A real mail server for tests: aiosmtpd on a loopback port that it chooses and prints.

Every message becomes NUMBER.json in the folder, every sign-in login-NUMBER.json. Ends when its standard input ends.
"""

import argparse
import asyncio
import email
import email.policy
import json
import pathlib
import ssl
import sys

try:
    from aiosmtpd.smtp import SMTP, AuthResult
except ImportError:
    sys.exit("aiosmtpd is missing: the package python3-aiosmtpd, or for a Python of your own: python3 -m pip install aiosmtpd")

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=pathlib.Path)
arguments.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
arguments.add_argument("--certificate")
arguments.add_argument("--key")
arguments.add_argument("--old-tls", action="store_true", help="nothing newer than TLS 1.1")
arguments.add_argument("--inject", action="store_true", help="slip an answer in before TLS, as somebody on the line can")
arguments.add_argument("--login", help="user:password that must be shown")
arguments = arguments.parse_args()


def keep(prefix, value):
    number = len(list(arguments.folder.glob(f"{prefix}*.json")))
    (arguments.folder / f"{prefix}{number}.json").write_text(json.dumps(value))


class Handler:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        keep("message-", {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": [[name, str(value)] for name, value in message.items()],
            "text": message.get_content().replace("\r\n", "\n"),
            "encrypted": session.ssl is not None or arguments.tls == "implicit",
        })
        return "250 2.0.0 accepted"


def authenticate(server, session, envelope, mechanism, data):
    keep("login-", {"user": data.login.decode()})
    right = f"{data.login.decode()}:{data.password.decode()}" == arguments.login
    return AuthResult(success=right, handled=False)


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate, arguments.key)
    if arguments.old_tls:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


class Server(SMTP):
    async def push(self, status):
        if arguments.inject and status == "220 Ready to start TLS":
            status += "\r\n250 slipped in"
        await super().push(status)


def conversation():
    starttls = arguments.tls == "starttls"
    return Server(
        Handler(),
        hostname="test.example",
        tls_context=tls_context() if starttls else None,
        require_starttls=starttls,
        authenticator=authenticate if arguments.login else None,
        auth_required=bool(arguments.login),
        auth_require_tls=starttls,
    )


async def serve():
    context = tls_context() if arguments.tls == "implicit" else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(conversation, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(serve())
