"""examples/acme/README.md: the story, and the two tables that the modules' notes make."""

from . import story


def row(*cells):
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


def table(notes, titles):
    lines = [row(*titles), row(*["---"] * len(titles))]
    for n in story.by_check(notes):
        lines.append(row("`%s`" % n["check"], "`%s`" % n["resource"], n["why"]))
    return "\n".join(lines)


def text(files):
    return TEXT.format(
        planted=table(story.PLANTED, ("check", "what", "why it is dangerous")),
        decoys=table(story.DECOYS, ("looks like", "what", "why it is fine")),
        either=table(story.OPEN, ("check", "what", "why either way")),
    )


TEXT = """# Acme: an estate to audit

Acme sells things on the internet. It is made up, and so is everything in this folder: accounts, ids, keys and
vulnerabilities are AWS's documentation examples or beyond all that are assigned. Nothing here opens anything.

    cargo run --release -- audit --input examples/acme

## The company

Some forty people, two clusters of EKS 1.33 in eu-west-1, one account for both: `111122223333`.

- **prod** runs the shop (`checkout`, `payments`, `returns`), its books (`ledger`), its search, media and analytics,
  the build (`ci`) and the tools around them. It knows access entries only (mode `API`), enforces network policies, and
  its pods get AWS roles by IRSA, a few by Pod Identity.
- **staging** is older in its habits: access entries and `aws-auth` side by side, nodes that Acme runs itself, a
  toolbox pod for everybody.
- A third cluster, `legacy`, was deleted in October. Not everything of it went.
- The **data account** `222233334444` trusts prod's pods to load its warehouse. Its IAM was printed too, its registry was not.
  A shared-services account, `444455556666`, appears in a few ARNs and was not read at all.

Time of the audit: 24 November 2026, 00:00 UTC, which is the latest time in the files.

## The files

What a careful person gets with the AWS CLI and kubectl, in the shapes that these print:

- `aws/ACCOUNT/…` from `aws iam`, `ecr`, `secretsmanager`, `kms`, `lambda`, `ssm`, `sts`, `eks list-clusters`. A `.jsonl` file holds one
  print a line. Where a print does not name its subject it stands in an envelope with `source`, `request` and
  `response`. `secrets.json` was printed in Amsterdam (`+01:00`), `images-media-transcoder.json` by version 1 of the CLI,
  which prints times as seconds.
- `clusters/NAME/describe-cluster.json` makes its folder that cluster's. `eks/` below it is from `aws eks`, `kubernetes/`
  from `kubectl get … -A -o json` or `-o yaml`. Secrets were printed without `data`; prod's with
  `--show-managed-fields`, which names their keys. One Secret has placeholders as data. One file is gzipped.

The documents of the larger AWS managed policies are shortened. The default RBAC objects are those of Kubernetes 1.33;
EKS's own have their real names, and rules that are close to the real ones.

`python3 examples/generate/acme.py` writes this folder, byte for byte the same each time, and with it
`tests/fixtures/acme-expected.json`, which says the tables below in JSON.

## The story in one path

    internet -> Ingress checkout/shop -> Service checkout-api -> Pod checkout-api (one critical finding, an exploit is known)
      -> service account checkout/checkout-api -> role checkout-api -> sts:AssumeRole -> role acme-deployer
      -> access entry: cluster-admin of prod
      -> or iam:PassRole and lambda:CreateFunction -> role ops-lambda-admin: administrator of the account

The role was given `sts:AssumeRole` so that checkout could make preview environments. Each link looks reasonable alone.
`eks-auditor paths --from internet --to cluster-admin` shows it, and the way on into staging.

Three things only look as if the internet came in there: the Ingress `platform/devportal` is internal, the load balancer of
the Service `returns/returns-api` takes the carriers' office alone, and what comes to the Ingress `payments/pay` is kept from
the pods by their network policies.

## What is wrong

{planted}

## What only looks wrong

{decoys}

## What may be said or not

True, and already said by another finding. An audit that reports it is not wrong, nor one that leaves it out.

{either}
"""
