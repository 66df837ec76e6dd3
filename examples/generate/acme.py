#!/usr/bin/env python3
"""Writes examples/acme: the dumps of a made-up company with two clusters, and what an audit must say of them.

usage: python3 examples/generate/acme.py [--check]

Same code, same bytes. With --check nothing is written; the exit code is 1 if a file differs or is not ours.
"""

import gzip
import json
import pathlib
import shutil
import sys

from estate import (
    ages,
    acme_rbac,
    bootstrap,
    eks,
    iam,
    kept,
    keys,
    leads,
    objects,
    people,
    people_roles,
    readme,
    registry,
    risky_roles,
    roles,
    story,
    traffic,
    vault,
    workload_roles,
    workloads,
)
from estate.base import (
    ACCOUNT,
    DATA_ACCOUNT,
    aws_json,
    envelope,
    gz,
    issuer,
    json_lines,
    kube_json,
    kube_list,
    kube_yaml,
    yaml_documents,
)

ROOT = pathlib.Path(__file__).resolve().parents[2]


def iam_files(files):
    account = iam.Account()
    roles.add_all(account)
    people_roles.add_all(account)
    workload_roles.add_all(account)
    risky_roles.add_all(account)
    people.add_all(account)
    people.note_keys()
    top = "aws/%s/iam/" % ACCOUNT
    files[top + "account-authorization-details.json"] = aws_json(account.details())
    providers = eks.oidc_providers()
    files[top + "open-id-connect-providers.json"] = aws_json(
        {
            "OpenIDConnectProviderList": [
                {"Arn": "arn:aws:iam::%s:oidc-provider/%s" % (ACCOUNT, url)} for url, _, _ in providers
            ]
        }
    )
    files[top + "open-id-connect-provider-details.jsonl"] = json_lines(eks.get_oidc_provider(*p) for p in providers)
    files[top + "credential-report.json"] = aws_json(people.credential_report())
    for name, keys in people.access_keys().items():
        files[top + "access-keys-%s.json" % name] = aws_json(keys)
    files["aws/%s/caller-identity.json" % ACCOUNT] = aws_json(
        {
            "UserId": "AROAEXAMPLEAUDITOR001:auditor",
            "Account": ACCOUNT,
            "Arn": "arn:aws:sts::%s:assumed-role/%s/auditor" % (ACCOUNT, roles.SSO["admin"]),
        }
    )
    data = iam.Account(DATA_ACCOUNT)
    workload_roles.data_account(data)
    top = "aws/%s/iam/" % DATA_ACCOUNT
    files[top + "account-authorization-details.json"] = aws_json(data.details())
    files[top + "open-id-connect-providers.json"] = aws_json(
        {"OpenIDConnectProviderList": [{"Arn": "arn:aws:iam::%s:oidc-provider/%s" % (DATA_ACCOUNT, issuer("prod"))}]}
    )
    files[top + "open-id-connect-provider-details.jsonl"] = json_lines(
        [eks.get_oidc_provider(issuer("prod"), "2025-07-01", ["sts.amazonaws.com"], DATA_ACCOUNT)]
    )


def registry_files(files):
    top = "aws/%s/ecr/" % ACCOUNT
    files[top + "repositories.json"] = aws_json(registry.repositories())
    files[top + "registry-scanning-configuration.json"] = aws_json(
        envelope("ecr:GetRegistryScanningConfiguration", {}, registry.scanning_configuration())
    )
    plain = ("payments/api", "checkout/api", "media/transcoder")
    for name in plain:
        files[top + "images-%s.json" % name.replace("/", "-")] = aws_json(
            registry.images(name, epoch=name == "media/transcoder")
        )
    rest = [r[0] for r in registry.REPOSITORIES if r[0] not in plain]
    files[top + "images.jsonl"] = json_lines(
        envelope("ecr:DescribeImages", {"repositoryName": n}, registry.images(n)) for n in rest
    )
    for name, tag in (("checkout/api", "3.9.2"), ("search/indexer", "7.1.0")):
        files[top + "scan-findings-%s.json" % name.replace("/", "-")] = aws_json(registry.findings(name, tag))
    for policy in registry.repository_policies():
        files[top + "repository-policy-%s.json" % policy["repositoryName"].replace("/", "-")] = aws_json(policy)
    files[top + "lifecycle-policies.jsonl"] = json_lines(
        envelope("ecr:GetLifecyclePolicy", {"repositoryName": p["repositoryName"]}, p)
        for p in registry.lifecycle_policies()
    )


def vault_files(files):
    top = "aws/%s/secretsmanager/" % ACCOUNT
    listed = vault.secrets()
    ages.stories(listed)
    files[top + "secrets.json"] = aws_json(vault.listing(listed))
    for kind, prints in (
        ("secret", vault.descriptions(listed)),
        ("versions", vault.versions(listed)),
        ("resource-policy", vault.resource_policies(listed)),
    ):
        for name, body in prints.items():
            files["%s%s-%s.json" % (top, kind, name)] = aws_json(body)
    for name, lines in keys.prints(keys.keys()).items():
        files["aws/%s/kms/%s" % (ACCOUNT, name)] = json_lines(lines)
    files["aws/%s/lambda/functions.json" % ACCOUNT] = aws_json(vault.functions())
    files["aws/%s/ssm/parameters.json" % ACCOUNT] = aws_json(keys.parameters())


def eks_files(files, cluster):
    top = "clusters/%s/" % cluster
    files[top + "describe-cluster.json"] = aws_json(eks.describe_cluster(cluster))
    groups = (
        [("general", "m6i.xlarge", 3), ("memory", "r6i.xlarge", 1)]
        if cluster == "prod"
        else [("general", "m6i.large", 2)]
    )
    for name, kind, size in groups:
        files[top + "eks/nodegroup-%s.json" % name] = aws_json(eks.nodegroup(cluster, name, kind, size))
    if cluster == "prod":
        files[top + "eks/fargate-profile-batch.json"] = aws_json(eks.fargate_profile(cluster, "batch", "batch"))
    files[top + "eks/launch-template-versions.json"] = aws_json(eks.launch_template_versions(cluster))
    associations = eks.associations(cluster)
    for name in eks.ADDONS:
        files[top + "eks/addon-%s.json" % name] = aws_json(eks.addon(cluster, name, associations))
    files[top + "eks/pod-identity-associations.jsonl"] = json_lines(associations)
    entries = eks.access_entries(cluster)
    for entry in entries:
        name = entry.principal.split("/")[-1]
        files[top + "eks/access-entry-%s.json" % name] = aws_json(entry.entry)
    files[top + "eks/associated-access-policies.jsonl"] = json_lines(e.associated() for e in entries)
    files[top + "eks/identity-provider-acme-sso.json"] = aws_json(eks.identity_provider(cluster))
    files[top + "eks/access-entries.json"] = aws_json(eks.list_entries(cluster, entries))
    return {(a["association"]["namespace"], a["association"]["serviceAccount"]) for a in associations}


def kubernetes_files(files, cluster, associated):
    top = "clusters/%s/kubernetes/" % cluster
    running = workloads.prod() if cluster == "prod" else workloads.staging()
    annotations = workloads.annotations(cluster)
    made = []
    for w in running:
        key = (w.namespace, w.account)
        made += w.objects(objects.nodes(cluster), annotations.get(key), key in associated)
    made.sort(key=lambda o: (o["kind"], o["metadata"]["namespace"], o["metadata"]["name"]))
    of = lambda *kinds: kube_list([o for o in made if o["kind"] in kinds])
    files[top + "pods.json"] = kube_json(of("Pod"))
    files[top + "deployments.json"] = kube_json(of("Deployment"))
    files[top + "replicasets.json"] = kube_json(of("ReplicaSet"))
    files[top + "statefulsets-daemonsets.yaml"] = kube_yaml(of("DaemonSet", "StatefulSet"))
    files[top + "jobs.json"] = kube_json(of("CronJob", "Job"))
    rbac = bootstrap.default_rbac(cluster, eks.CREATED[cluster], acme_rbac.parsed(cluster)) + acme_rbac.objects(cluster)
    rbac.sort(key=lambda o: (o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]))
    files[top + "rbac.yaml"] = kube_yaml(kube_list(rbac))
    files[top + "namespaces.json"] = kube_json(kube_list(objects.namespace_objects(cluster)))
    files[top + "nodes.json"] = kube_json(kube_list(objects.node_objects(cluster)))
    accounts = kube_list(objects.service_accounts(cluster, running, annotations))
    services, ingresses = traffic.traffic(cluster)
    if cluster == "prod":
        files[top + "serviceaccounts.json"] = kube_json(accounts)
        files[top + "secrets.json"] = kube_json(kube_list(kept.secrets_prod()))
        files[top + "external-secrets.yaml"] = yaml_documents(kept.external_secrets())
    else:
        files[top + "serviceaccounts.json.gz"] = gz(kube_json(accounts))
        files[top + "secrets.yaml"] = kube_yaml(kube_list(kept.secrets_staging()))
    files[top + "configmaps.yaml"] = yaml_documents(kept.config_maps(cluster))
    files[top + "services.json"] = kube_json(kube_list(services))
    files[top + "ingresses.yaml"] = kube_yaml(kube_list(ingresses))
    # kubectl get --raw: of an empty list kubectl prints no kind otherwise.
    files[top + "gateways.json"] = kube_json(
        {"apiVersion": "gateway.networking.k8s.io/v1", "items": [], "kind": "GatewayList", "metadata": {}}
    )
    files[top + "certificates.json"] = kube_json(
        {
            "apiVersion": "cert-manager.io/v1",
            "items": kept.certificates() if cluster == "prod" else [],
            "kind": "CertificateList",
            "metadata": {},
        }
    )
    files[top + "networkpolicies.yaml"] = kube_yaml(kube_list(traffic.network_policies(cluster)))


def build():
    """All files by their path under examples/acme, and the expectation."""
    story.reset()
    files = {}
    iam_files(files)
    registry_files(files)
    vault_files(files)
    files["aws/%s/eks-clusters.json" % ACCOUNT] = aws_json(
        envelope("eks:ListClusters", {}, {"clusters": ["prod", "staging"]})
    )
    for cluster in ("prod", "staging"):
        kubernetes_files(files, cluster, eks_files(files, cluster))
    leads.note()
    files["README.md"] = readme.text(files).encode()
    expectation = (json.dumps(story.expectation(), indent=1, ensure_ascii=False) + "\n").encode()
    return files, expectation


def content(path, data):
    return gzip.decompress(data) if path.name.endswith(".gz") else data


def main():
    files, expectation = build()
    target = ROOT / "examples" / "acme"
    wanted = {target / name: data for name, data in files.items()}
    wanted[ROOT / "tests" / "fixtures" / "acme-expected.json"] = expectation
    if "--check" in sys.argv[1:]:
        differing = [
            p for p, data in wanted.items() if not p.exists() or content(p, p.read_bytes()) != content(p, data)
        ]
        differing += [p for p in target.rglob("*") if p.is_file() and p not in wanted]
        for p in differing:
            print("differs:", p.relative_to(ROOT))
        return 1 if differing else 0
    shutil.rmtree(target, ignore_errors=True)
    for path, data in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    print("%d files, %d bytes" % (len(files), sum(len(d) for d in files.values())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
