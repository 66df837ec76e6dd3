"""What is wrong on purpose, and what only looks wrong. Each module notes it beside the thing itself.

From these notes come the two tables of the example's README and the expectation that the tests hold the audit to.
"""

PLANTED, DECOYS, OPEN = [], [], []


def reset():
    for notes in (PLANTED, DECOYS, OPEN):
        notes.clear()


def planted(check, resource, why, severity=None, also=()):
    """A finding that the audit must report. ALSO: other ids of the same thing, if it is reported there instead."""
    PLANTED.append({"check": check, "resource": resource, "why": why, "severity": severity, "also": list(also)})


def decoy(check, resource, why):
    """Something that looks like CHECK and is not: no finding of CHECK may name RESOURCE."""
    DECOYS.append({"check": check, "resource": resource, "why": why})


def either(check, resource, why):
    """True, and already said by another finding: an audit may report it or leave it out."""
    OPEN.append({"check": check, "resource": resource, "why": why})


def k8s(cluster, namespace, kind, name):
    return "k8s://%s/%s/%s/%s" % (cluster, namespace or "", kind, name)


def by_check(notes):
    """In the order in which the checks were first planted."""
    order = list(dict.fromkeys(n["check"] for n in PLANTED))
    return sorted(notes, key=lambda n: order.index(n["check"]) if n["check"] in order else len(order))


def expectation():
    keep = lambda n: {
        k: v
        for k, v in n.items()
        if k in ("check", "resource", "severity", "also", "why") and v and not (k == "why" and n in PLANTED)
    }
    return {
        "planted": [keep(n) for n in by_check(PLANTED)],
        "decoys": [keep(n) for n in by_check(DECOYS)],
        "either": [keep(n) for n in by_check(OPEN)],
    }
