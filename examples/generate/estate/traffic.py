"""Services, Ingresses and NetworkPolicies."""

from .base import REGION, digest, kube_meta


def service(cluster, namespace, name, port, target=8080, kind="ClusterIP"):
    ip = "172.20.%d.%d" % (
        int(digest(cluster, namespace, name)[:2], 16),
        int(digest(cluster, namespace, name)[2:4], 16),
    )
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": kube_meta(
            cluster, "Service", namespace, name, "2025-03-04", labels={"app.kubernetes.io/name": name}
        ),
        "spec": {
            "clusterIP": ip,
            "clusterIPs": [ip],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "http", "port": port, "protocol": "TCP", "targetPort": target}],
            "selector": {"app.kubernetes.io/name": name},
            "sessionAffinity": "None",
            "type": kind,
        },
        "status": {"loadBalancer": {}},
    }


def balanced(service, ranges):
    """The same Service with a load balancer on the internet that takes these ranges alone."""
    meta, spec = service["metadata"], service["spec"]
    prefix = "service.beta.kubernetes.io/aws-load-balancer-"
    meta["annotations"] = {prefix + "nlb-target-type": "ip", prefix + "scheme": "internet-facing"}
    spec.update(
        {
            "allocateLoadBalancerNodePorts": False,
            "externalTrafficPolicy": "Cluster",
            "loadBalancerClass": "service.k8s.aws/nlb",
            "loadBalancerSourceRanges": ranges,
            "type": "LoadBalancer",
        }
    )
    name = "k8s-%s-%s.elb.%s.amazonaws.com" % (meta["namespace"], digest(meta["name"])[:10], REGION)
    service["status"] = {"loadBalancer": {"ingress": [{"hostname": name}]}}
    return service


def ingress(cluster, namespace, name, scheme, host, paths):
    rules = [
        {
            "host": host,
            "http": {
                "paths": [
                    {"backend": {"service": {"name": s, "port": {"number": p}}}, "path": path, "pathType": "Prefix"}
                    for path, s, p in paths
                ]
            },
        }
    ]
    balancer = "k8s-%s-%s.%s.elb.amazonaws.com" % (namespace, digest(cluster, name)[:10], REGION)
    notes = {
        "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS":443}]',
        "alb.ingress.kubernetes.io/scheme": scheme,
        "alb.ingress.kubernetes.io/target-type": "ip",
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": kube_meta(cluster, "Ingress", namespace, name, "2025-03-04", annotations=notes),
        "spec": {"ingressClassName": "alb", "rules": rules},
        "status": {
            "loadBalancer": {"ingress": [{"hostname": ("internal-" if scheme == "internal" else "") + balancer}]}
        },
    }


def traffic(cluster):
    s = lambda *a, **k: service(cluster, *a, **k)
    if cluster == "prod":
        services = [
            s("checkout", "checkout-api", 80),
            s("checkout", "checkout-web", 80, 3000),
            s("payments", "payments-api", 80),
            s("ledger", "ledger-api", 80),
            s("search", "search-api", 80),
            # The carriers' office, and nobody else.
            balanced(s("returns", "returns-api", 80), ["203.0.113.0/24"]),
            s("platform", "devportal", 80, 7007),
            s("monitoring", "prometheus", 9090, 9090),
        ]
        return services, [
            ingress(
                cluster,
                "checkout",
                "shop",
                "internet-facing",
                "shop.acme.example",
                [("/api", "checkout-api", 80), ("/", "checkout-web", 80)],
            ),
            # Made for callbacks that never came; the network policies of payments keep it away from the pods.
            ingress(
                cluster, "payments", "pay", "internet-facing", "pay.acme.example", [("/callback", "payments-api", 80)]
            ),
            ingress(cluster, "platform", "devportal", "internal", "portal.acme.example", [("/", "devportal", 80)]),
        ]
    services = [
        s("checkout", "checkout-api", 80),
        s("checkout", "checkout-web", 80, 3000),
        s("payments", "payments-api", 80),
        s("sandbox", "demo", 80),
        s("search", "search-api", 80),
    ]
    return services, [
        ingress(cluster, "checkout", "shop", "internal", "shop.staging.acme.example", [("/", "checkout-web", 80)])
    ]


def network_policies(cluster):
    policy = lambda ns, name, spec: {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": kube_meta(cluster, "NetworkPolicy", ns, name, "2025-03-04"),
        "spec": spec,
    }
    out = []
    for ns in ("payments", "checkout", "ledger") if cluster == "prod" else ("payments",):
        out.append(policy(ns, "default-deny", {"podSelector": {}, "policyTypes": ["Ingress"]}))
        source = {"payments": "checkout", "ledger": "payments"}.get(ns)
        # The shop is for everybody.
        peers = {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": source}}}]}
        names = {"checkout": ["checkout-api", "checkout-web"]}.get(ns, [ns + "-api"])
        ports = {"checkout": [8080, 3000]}.get(ns, [8080])
        rule = {**(peers if source else {}), "ports": [{"port": port, "protocol": "TCP"} for port in ports]}
        selector = {"key": "app.kubernetes.io/name", "operator": "In", "values": names}
        out.append(
            policy(
                ns,
                "allow-api",
                {
                    "ingress": [rule],
                    "podSelector": {"matchExpressions": [selector]},
                    "policyTypes": ["Ingress"],
                },
            )
        )
    return out
