"""What is old, and what is read by many: told of secrets that other stories made."""

from .story import decoy, either, k8s, planted


def stories(secrets):
    arns = {secret.name: secret.arn for secret in secrets}
    at = lambda namespace, name: k8s("prod", namespace, "Secret", name)
    for name, why in (
        ("prod/legacy/ftp-partner", "never changed since October 2024"),
        ("prod/payments/stripe-api-key", "nobody changed it in almost two years"),
        ("prod/platform/webhook-hmac", "nobody changed it since March 2025"),
    ):
        planted("secret-value-old", arns[name], why)
    for namespace, name, why in (
        ("ci", "registry-pull", "the registry's password of March 2025"),
        ("growth", "adwords-sync", "an access key of May 2025"),
        ("media", "thumbnailer-license", "a licence of May 2025"),
        ("platform", "acme-ca-bundle", "certificates that are no secret: it opens nothing, and is true all the same"),
        ("platform", "vault-token-x8x2p", "a token of September 2025"),
    ):
        planted("secret-value-old", at(namespace, name), why)
    either("secret-value-old", at("media", "ecr-pull"), "it need not be there at all")
    either("secret-value-old", k8s("staging", "payments", "Secret", "payments-db"), "kept beside the vault, and as old as it was put there")
    decoy("secret-value-old", arns["prod/payments/db"], "made long ago, and rotated this month")
    decoy("secret-value-old", at("payments", "payments-db"), "made long ago, but an ExternalSecret brings its value from the vault")
    decoy("secret-value-old", at("platform", "sh.helm.release.v1.devportal.v4"), "Helm's record of a release: no value that somebody changes")
    planted(
        "secret-readable-by-many",
        arns["prod/checkout/psp-token"],
        "five principals may read it; one object brings it into the cluster, for one workload",
    )
    planted("secret-readable-by-many", arns["prod/growth/ads-feed-v1"], "three principals may read it, and no workload has it")
    planted("secret-readable-by-many", arns["prod/ledger/db"], "four principals may read it, more than consume it")
    decoy("secret-readable-by-many", arns["prod/payments/db"], "its own policy and key keep all but a few from it")
