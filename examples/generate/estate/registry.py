"""ECR: repositories, images with their scans, the registry's scanning, policies."""

import json

from .base import ACCOUNT, DATA_ACCOUNT, REGION, aws_time, digest, moment
from .story import decoy, planted

HOST = "%s.dkr.ecr.%s.amazonaws.com" % (ACCOUNT, REGION)
DATA_HOST = "%s.dkr.ecr.%s.amazonaws.com" % (DATA_ACCOUNT, REGION)

# repository, created, tags mutable?, scanOnPush of the repository, images: (tag, pushed, scanned or None, counts)
REPOSITORIES = [
    (
        "payments/api",
        "2025-02-04",
        False,
        False,
        [
            ("4.12.0", "2026-11-17", "2026-11-23", {"HIGH": 1, "MEDIUM": 6}),
            ("4.11.3", "2026-10-27", "2026-11-23", {"HIGH": 2, "MEDIUM": 7}),
        ],
    ),
    (
        "payments/worker",
        "2025-02-04",
        False,
        True,
        [("", "2026-11-12", "2026-11-23", {"MEDIUM": 4, "LOW": 9}), ("2.8.1", "2026-10-06", "2026-11-22", {"HIGH": 3})],
    ),
    (
        "checkout/api",
        "2025-02-05",
        False,
        False,
        [
            ("3.9.2", "2026-11-04", "2026-11-23", {"CRITICAL": 1, "HIGH": 3, "MEDIUM": 4}),
            ("3.9.1", "2026-09-22", "2026-11-22", {"CRITICAL": 1, "HIGH": 5}),
        ],
    ),
    ("checkout/web", "2025-02-05", False, False, [("8.1.0", "2026-11-19", "2026-11-23", {"MEDIUM": 3, "LOW": 5})]),
    ("finance/ledger-api", "2025-02-06", False, False, [("1.22.0", "2026-11-09", "2026-11-23", {"HIGH": 1, "LOW": 4})]),
    ("finance/ledger-worker", "2025-02-06", False, False, [("1.22.0", "2026-11-09", "2026-11-23", {"LOW": 4})]),
    (
        "search/api",
        "2025-02-12",
        False,
        False,
        [
            ("5.4.1", "2026-11-13", "2026-11-23", {"MEDIUM": 2}),
            ("5.0.0", "2026-02-02", "2026-11-20", {"CRITICAL": 5, "HIGH": 17, "MEDIUM": 30}),
        ],
    ),
    (
        "search/indexer",
        "2025-02-12",
        False,
        False,
        [("7.1.0", "2026-07-30", "2026-11-23", {"CRITICAL": 3, "HIGH": 5, "MEDIUM": 6})],
    ),
    ("search/legacy-sync", "2025-02-12", False, False, [("1.9.0", "2026-01-20", "2026-11-22", {"HIGH": 2})]),
    ("media/transcoder", "2025-03-01", True, True, [("5.2.1", "2026-08-14", "2026-08-14", {"HIGH": 2, "MEDIUM": 8})]),
    ("media/thumbnailer", "2025-03-01", False, False, [("1.4.0", "2026-10-26", "2026-10-26", {"MEDIUM": 1})]),
    ("marketing/newsletter", "2025-04-08", False, False, [("2.0.3", "2026-11-02", "2026-11-02", {"LOW": 2})]),
    ("growth/adwords-sync", "2025-05-13", False, False, [("0.7.4", "2026-11-12", "2026-11-12", {})]),
    ("analytics/pipeline", "2025-07-07", False, False, [("2026.11.1", "2026-11-16", "2026-11-23", {"HIGH": 1})]),
    ("analytics/batch-submit", "2025-07-28", False, False, [("1.1.0", "2026-10-12", "2026-11-23", {"LOW": 3})]),
    ("platform/terraform-runner", "2025-02-20", False, False, [("1.13.2", "2026-11-03", "2026-11-23", {"MEDIUM": 5})]),
    ("platform/release-bot", "2025-02-20", False, False, [("0.31.0", "2026-10-29", "2026-11-23", {"LOW": 1})]),
    ("platform/report-writer", "2025-05-06", False, False, [("1.6.2", "2026-11-06", "2026-11-23", {})]),
    (
        "platform/devportal",
        "2025-03-24",
        False,
        False,
        [("12.3.0", "2026-11-18", "2026-11-23", {"HIGH": 2, "MEDIUM": 9})],
    ),
    ("platform/toolbox", "2025-05-26", "except dev-*", False, [("dev-3.2.0", "2026-10-20", "2026-11-23", {"MEDIUM": 11})]),
    ("platform/agents", "2025-03-24", False, False, [("2.5.0", "2026-11-10", "2026-11-23", {"LOW": 6})]),
    ("returns/api", "2026-11-18", False, False, [("0.1.3", "2026-11-20", "2026-11-23", {"LOW": 1})]),
    ("sandbox/demo", "2026-01-15", False, False, [("2026.3", "2026-03-03", None, {})]),
    (
        "archive/old-shop",
        "2024-06-10",
        True,
        False,
        [("2024.9", "2024-09-12", "2026-11-01", {"CRITICAL": 9, "HIGH": 40})],
    ),
]
CONTINUOUS = ["payments/*", "checkout/*", "ledger", "search/*", "platform/*", "analytics/*", "returns/*"]
ON_PUSH = ["media/*", "marketing/*", "growth/*", "archive/*"]
# Vulnerabilities of our own making: ids beyond all that are assigned. (package, version, what it does)
FLAWS = [
    ("libexpat", "2.6.4-r0", "a crafted document overflows the parser's stack"),
    ("openssl", "3.3.2-r4", "memory is used after it was freed while a certificate is verified"),
    ("zlib", "1.3.1-r1", "a crafted archive writes beyond the buffer"),
    ("curl", "8.11.1-r0", "credentials follow a redirect to another host"),
    ("busybox", "1.36.1-r29", "a crafted archive names files outside the folder"),
    ("musl", "1.2.5-r0", "a conversion of text writes beyond the buffer"),
    ("libxml2", "2.12.7-r0", "a crafted schema reads beyond the buffer"),
]


def repository_arn(name):
    return "arn:aws:ecr:%s:%s:repository/%s" % (REGION, ACCOUNT, name)


def image_digest(repository, tag):
    return "sha256:" + digest("image", repository, tag)


def pinned(repository, tag):
    return "%s/%s@%s" % (HOST, repository, image_digest(repository, tag))


def image_ids(repository, tag):
    """The other ids under which an image's finding may stand."""
    return [
        repository_arn(repository),
        "%s/%s:%s" % (HOST, repository, tag),
        repository_arn(repository) + "@" + image_digest(repository, tag),
    ]


def repositories():
    out = []
    for name, created, mutable, on_push, _ in REPOSITORIES:
        entry = {
            "repositoryArn": repository_arn(name),
            "registryId": ACCOUNT,
            "repositoryName": name,
            "repositoryUri": "%s/%s" % (HOST, name),
            "createdAt": aws_time(moment(created, name), micros=True),
        }
        if mutable == "except dev-*":
            entry["imageTagMutability"] = "IMMUTABLE_WITH_EXCLUSION"
            entry["imageTagMutabilityExclusionFilters"] = [{"filterType": "WILDCARD", "filter": "dev-*"}]
        else:
            entry["imageTagMutability"] = "MUTABLE" if mutable else "IMMUTABLE"
        entry["imageScanningConfiguration"] = {"scanOnPush": on_push}
        entry["encryptionConfiguration"] = {"encryptionType": "AES256"}
        out.append(entry)
    notes()
    return {"repositories": out}


def notes():
    planted(
        "image-not-scanned",
        pinned("sandbox/demo", "2026.3"),
        "runs in staging and no scanner has ever seen it",
        also=image_ids("sandbox/demo", "2026.3"),
    )
    decoy(
        "image-not-scanned",
        pinned("payments/worker", ""),
        "has no tag and runs by its digest, and was scanned yesterday",
    )
    decoy(
        "image-not-scanned",
        "%s/warehouse/loader@%s" % (DATA_HOST, image_digest("warehouse/loader", "3.0.1")),
        "comes from the data account, whose registry was not read: not evaluated",
    )
    planted(
        "image-scan-stale",
        pinned("media/transcoder", "5.2.1"),
        "scanned once, when it was pushed in August",
        also=image_ids("media/transcoder", "5.2.1"),
    )
    decoy("image-scan-stale", pinned("media/thumbnailer", "1.4.0"), "scanned 29 days ago")
    decoy(
        "image-scan-stale",
        pinned("search/indexer", "7.1.0"),
        "pushed in July, but scanned continuously, last yesterday",
    )
    for name, tag, why in (
        ("checkout/api", "3.9.2", "one critical finding in the pod that the internet talks to"),
        ("search/indexer", "7.1.0", "three critical findings"),
    ):
        planted("image-critical-findings", pinned(name, tag), why, also=image_ids(name, tag))
    decoy(
        "image-critical-findings",
        pinned("search/api", "5.0.0"),
        "five critical findings in an image that no longer runs: 5.4.1 does",
    )
    planted(
        "ecr-mutable-tags",
        repository_arn("media/transcoder"),
        "the tag that runs may be pushed again with something else in it",
        "low",
    )
    planted("ecr-mutable-tags", repository_arn("archive/old-shop"), "nothing of it runs", "info")
    planted(
        "ecr-mutable-tags",
        repository_arn("platform/toolbox"),
        "immutable but for tags dev-*, and staging runs one of these",
        "low",
    )
    planted(
        "ecr-scan-on-push-off",
        repository_arn("sandbox/demo"),
        "no rule of the registry covers it, and its own setting is off",
    )
    decoy(
        "ecr-scan-on-push-off",
        repository_arn("checkout/api"),
        "its own setting is off, but the registry scans checkout/* continuously",
    )
    decoy(
        "ecr-scan-on-push-off",
        repository_arn("finance/ledger-api"),
        "the registry's filter `ledger` has no wildcard and so matches every name that contains it",
    )


def scanning_configuration():
    rule = lambda frequency, filters: {
        "scanFrequency": frequency,
        "repositoryFilters": [{"filter": f, "filterType": "WILDCARD"} for f in filters],
    }
    return {
        "registryId": ACCOUNT,
        "scanningConfiguration": {
            "scanType": "ENHANCED",
            "rules": [rule("CONTINUOUS_SCAN", CONTINUOUS), rule("SCAN_ON_PUSH", ON_PUSH)],
        },
    }


def continuous(name):
    return name.split("/")[0] + "/*" in CONTINUOUS or "ledger" in name


def images(name, epoch=False):
    """`aws ecr describe-images --repository-name NAME`; EPOCH as version 1 of the CLI prints times."""
    time = (lambda t: int(t.timestamp()) + 0.0) if epoch else aws_time
    listed = []
    for tag, pushed, scanned, counts in next(r[4] for r in REPOSITORIES if r[0] == name):
        detail = {"registryId": ACCOUNT, "repositoryName": name, "imageDigest": image_digest(name, tag)}
        if tag:
            detail["imageTags"] = [tag]
        detail["imageSizeInBytes"] = 20_000_000 + int(digest("size", name, tag)[:6], 16)
        detail["imagePushedAt"] = time(moment(pushed, name, tag))
        if scanned:
            status = (
                ("ACTIVE", "Continuous scan is selected for image.")
                if continuous(name)
                else ("COMPLETE", "The scan was completed successfully.")
            )
            detail["imageScanStatus"] = {"status": status[0], "description": status[1]}
            done = max(moment(scanned, name, tag, "scan"), moment(pushed, name, tag))
            detail["imageScanFindingsSummary"] = {
                "imageScanCompletedAt": time(done),
                "vulnerabilitySourceUpdatedAt": time(done),
                "findingSeverityCounts": counts,
            }
        detail["imageManifestMediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
        detail["artifactMediaType"] = "application/vnd.docker.container.image.v1+json"
        if scanned:
            detail["lastRecordedPullTime"] = time(moment("2026-11-22", name, tag, "pull"))
        listed.append(detail)
    return {"imageDetails": listed}


def finding(name, image, number, severity, done):
    """One of Inspector's findings of an image."""
    package, version, text = FLAWS[number % len(FLAWS)]
    cve = "CVE-2026-99%05d" % (int(digest("cve", name)[:4], 16) % 9000 * 10 + number)
    vulnerable = {"arch": "X86_64", "name": package, "packageManager": "OS", "version": version}
    return {
        "awsAccountId": ACCOUNT,
        "description": text,
        "findingArn": "arn:aws:inspector2:%s:%s:finding/%s" % (REGION, ACCOUNT, digest("finding", name, cve)[:32]),
        "firstObservedAt": aws_time(moment("2026-11-05", name)),
        "lastObservedAt": aws_time(done),
        "packageVulnerabilityDetails": {
            "relatedVulnerabilities": [],
            "source": "NVD",
            "sourceUrl": "https://nvd.nist.gov/vuln/detail/" + cve,
            "vulnerabilityId": cve,
            "vulnerablePackages": [{**vulnerable, "fixedInVersion": version + "1"}],
        },
        "remediation": {"recommendation": {"text": "None Provided"}},
        "resources": [image],
        "score": {"CRITICAL": 9.8, "HIGH": 7.5, "MEDIUM": 5.3}[severity],
        "severity": severity,
        "status": "ACTIVE",
        "title": "%s - %s" % (cve, package),
        "type": "PACKAGE_VULNERABILITY",
        "updatedAt": aws_time(done),
        "fixAvailable": "YES",
        "exploitAvailable": "YES" if number == 0 and name == "checkout/api" else "NO",
    }


def findings(name, tag):
    """`aws ecr describe-image-scan-findings` under enhanced scanning."""
    _, pushed, scanned, counts = next(i for r in REPOSITORIES if r[0] == name for i in r[4] if i[0] == tag)
    sha, done = image_digest(name, tag), moment(scanned, name, tag, "scan")
    details = {
        "architecture": "amd64",
        "imageHash": sha,
        "imageTags": [tag],
        "platform": "ALPINE_LINUX_3_20",
        "pushedAt": aws_time(moment(pushed, name, tag)),
        "registry": ACCOUNT,
        "repositoryName": name,
    }
    image = {
        "details": {"awsEcrContainerImage": details},
        "id": "%s/%s" % (repository_arn(name), sha),
        "tags": {},
        "type": "AWS_ECR_CONTAINER_IMAGE",
    }
    severities = [s for s, n in counts.items() for _ in range(n)]
    return {
        "imageScanFindings": {
            "enhancedFindings": [finding(name, image, i, s, done) for i, s in enumerate(severities)],
            "imageScanCompletedAt": aws_time(done),
            "vulnerabilitySourceUpdatedAt": aws_time(done),
            "findingSeverityCounts": counts,
        },
        "registryId": ACCOUNT,
        "repositoryName": name,
        "imageId": {"imageDigest": sha, "imageTag": tag},
        "imageScanStatus": {"status": "ACTIVE", "description": "Continuous scan is selected for image."},
    }


def repository_policies():
    pull = {
        "Sid": "DataAccountPulls",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::%s:root" % DATA_ACCOUNT},
        "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    push = {
        "Sid": "OnlyTheBuildPushes",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"],
        "Condition": {"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::%s:role/github-actions-build" % ACCOUNT}},
    }
    return [
        {
            "registryId": ACCOUNT,
            "repositoryName": name,
            "policyText": json.dumps({"Version": "2012-10-17", "Statement": [st]}, indent=2),
        }
        for name, st in (("analytics/pipeline", pull), ("payments/api", push))
    ]


def lifecycle_policies():
    rules = {
        "rules": [
            {
                "rulePriority": 1,
                "description": "keep the last forty",
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 40},
                "action": {"type": "expire"},
            }
        ]
    }
    return [
        {
            "registryId": ACCOUNT,
            "repositoryName": name,
            "lifecyclePolicyText": json.dumps(rules),
            "lastEvaluatedAt": aws_time(moment("2026-11-23", name, "lifecycle")),
        }
        for name in ("payments/api", "checkout/api", "media/transcoder")
    ]
