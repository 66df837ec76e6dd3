"""Acme's users and groups, their keys, and the credential report."""

import base64

from .base import ACCOUNT, REGION, TAKEN_AT, aws_time, iam_arn, moment
from .iam import allow, deny, document
from .story import decoy, planted

# user, created, groups, console: (last used, changed) or None, second factor, keys: [(id, active, made, last used, where, service)]
USERS = [
    ("jan.novak", "2025-01-09", ["platform"], ("2026-11-20", "2026-09-14"), True, []),
    ("mara.lindqvist", "2025-01-09", ["platform", "security"], ("2026-11-23", "2026-10-02"), True, []),
    ("teo.rossi", "2025-03-17", ["developers"], ("2026-11-18", "2026-08-25"), True, []),
    ("aiko.tanaka", "2025-06-02", ["developers"], ("2026-11-19", "2026-09-30"), True, []),
    (
        "newsletter-uploader",
        "2025-04-08",
        [],
        None,
        False,
        [("AKIAIOSFODNN7EXAMPLE", True, "2025-04-08", "2026-11-23", REGION, "s3")],
    ),
    (
        "backup-legacy",
        "2025-02-25",
        [],
        None,
        False,
        [("AKIAI44QH8DHBEXAMPLE", True, "2026-10-05", "2026-11-23", REGION, "s3")],
    ),
    (
        "load-tests",
        "2025-03-24",
        [],
        None,
        False,
        [("AKIAIWQ3LOADTEXAMPLE", True, "2025-03-24", "2026-03-12", REGION, "sts")],
    ),
]
COLUMNS = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"


def add_all(a):
    a.group("platform", "2025-01-09", ["ReadOnlyAccess", "IAMUserChangePassword"])
    a.group(
        "developers",
        "2025-01-09",
        ["IAMUserChangePassword"],
        {
            "assume-developer": document(
                allow(
                    "sts:AssumeRole",
                    "arn:aws:iam::%s:role/oncall-engineer" % ACCOUNT,
                    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
                )
            )
        },
    )
    a.group("security", "2025-01-09", ["SecurityAudit"])
    for name, created, groups, _, _, _ in USERS:
        inline, boundary, attached = {}, None, []
        if name == "newsletter-uploader":
            inline = {"upload": document(allow("s3:PutObject", "arn:aws:s3:::acme-newsletter/*"))}
        elif name == "backup-legacy":
            inline = {
                "backup": document(
                    allow(
                        ["s3:PutObject", "s3:ListBucket"], ["arn:aws:s3:::acme-backups", "arn:aws:s3:::acme-backups/*"]
                    ),
                    deny("s3:DeleteObject"),
                )
            }
        elif name == "aiko.tanaka":
            attached, boundary = ["PowerUserAccess"], "acme-developer-boundary"
        a.user(
            name,
            created,
            groups,
            attached,
            inline,
            [("owner", "growth" if name == "newsletter-uploader" else "platform")],
            boundary,
        )


def credential_report():
    root = [
        "<root_account>",
        "arn:aws:iam::%s:root" % ACCOUNT,
        aws_time(moment("2025-01-07", "root")),
        "not_supported",
        aws_time(moment("2026-02-11", "root")),
        "not_supported",
        "not_supported",
        "true",
    ]
    rows = [root + key_columns([]) + ["false", "N/A", "false", "N/A"]]
    for name, created, _, console, second_factor, keys in USERS:
        password = (
            ["true", aws_time(moment(console[0], name)), aws_time(moment(console[1], name)), "N/A"]
            if console
            else ["false", "N/A", "N/A", "N/A"]
        )
        rows.append(
            [name, iam_arn("user", name), aws_time(moment(created, iam_arn("user", name)))]
            + password
            + [str(second_factor).lower()]
            + key_columns(keys)
            + ["false", "N/A", "false", "N/A"]
        )
    text = "\n".join([COLUMNS] + [",".join(r) for r in rows])
    return {
        "Content": base64.b64encode(text.encode()).decode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": aws_time(TAKEN_AT),
    }


def key_columns(keys):
    out = []
    for slot in range(2):
        if slot < len(keys):
            _, active, made, used, where, service = keys[slot]
            out += [
                str(active).lower(),
                aws_time(moment(made, "key", slot)),
                aws_time(moment(used, "key used", slot)),
                where,
                service,
            ]
        else:
            out += ["false", "N/A", "N/A", "N/A", "N/A"]
    return out


def note_keys():
    """Which of the keys are too old, and which only lie beside them."""
    check, user = "access-key-old", lambda name: iam_arn("user", name)
    planted(check, user("newsletter-uploader"), "made in April 2025 and in use ever since, in the env of a pod")
    planted(check, user("load-tests"), "made in March 2025, and not used since this March")
    decoy(check, user("backup-legacy"), "the user is of 2025, its key was made anew seven weeks ago")


def access_keys():
    """`aws iam list-access-keys --user-name NAME` of each user that has keys."""
    return {
        name: {
            "AccessKeyMetadata": [
                {
                    "UserName": name,
                    "AccessKeyId": k[0],
                    "Status": "Active" if k[1] else "Inactive",
                    "CreateDate": aws_time(moment(k[2], "key", i)),
                }
                for i, k in enumerate(keys)
            ]
        }
        for name, _, _, _, _, keys in USERS
        if keys
    }
