"""What the ways through the estate come to: notes on paths that other modules plant link by link."""

from .base import ACCOUNT
from .story import decoy, k8s, planted


def role(name):
    return "arn:aws:iam::%s:role/%s" % (ACCOUNT, name)


def note():
    over = "workload-leads-to-jewel"
    for name, why in (
        ("acme-deployer", "checkout-api's role may assume it, and it comes into prod as cluster-admin"),
        ("ci-release-bot", "release-bot's role may give itself another policy version, and with it the account"),
        ("ci-terraform-runner", "an administrator's role whose pod the CI beside it may replace"),
        ("ops-lambda-admin", "the analytics pipeline passes it to a function of its own"),
        ("staging-db-admin", "a migration's role left with everything, and toolbox may start pods as it"),
    ):
        planted(over, role(name), why, "high")
    planted(
        over,
        k8s("prod", "ci", "ServiceAccount", "gitlab-runner"),
        "the search operator gets onto the node where gitlab-runner, a cluster-admin, runs",
        "high",
    )
    planted(
        over,
        k8s("staging", "tooling", "ServiceAccount", "toolbox"),
        "nodes push its image, and what is pulled next runs as cluster-admin",
        "medium",
    )
    decoy(over, role("payments-api"), "it reads its own secrets, and nothing leads from them")
    inner = "internet-leads-to-jewel"
    planted(
        inner,
        k8s("prod", "checkout", "Deployment", "checkout-api"),
        "the shop's Ingress leads to it, an exploit for its image is known, and its role leads to cluster-admin",
        "critical",
    )
    decoy(inner, k8s("prod", "platform", "Deployment", "devportal"), "its Ingress is internal")
    decoy(inner, k8s("prod", "checkout", "Deployment", "checkout-web"), "on the internet, and its pods can do nothing")
