//! Objects of a small made-up cluster, and how an API server answers for them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::METADATA;
use super::http::{Reply, Request};

/// The value that is in every Secret here, and must never be seen.
pub const VALUE: &str = "c2VjcmV0LXZhbHVl";

/// Lists by path, with the kind of their items; single objects by path.
#[derive(Clone, Default)]
pub struct Objects {
    lists: BTreeMap<String, (String, Vec<Value>)>,
    single: BTreeMap<String, Value>,
    /// Serves whole objects where only metadata is asked for.
    pub ignores_accept: bool,
    /// Serves all objects whatever the selector.
    pub ignores_selectors: bool,
}

/// An object of this name, and what else it has.
pub fn object(namespace: &str, name: &str, more: Value) -> Value {
    let mut object = json!({"metadata": {"name": name, "uid": format!("{namespace}/{name}"),
        "resourceVersion": "1", "creationTimestamp": "2026-01-01T00:00:00Z"}});
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    for (field, value) in more.as_object().unwrap() {
        if field == "metadata" {
            for (field, value) in value.as_object().unwrap() {
                object["metadata"][field] = value.clone();
            }
        } else {
            object[field] = value.clone();
        }
    }
    object
}

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "a"}}, "spec": {"serviceAccountName": "app",
        "containers": [{"name": "c", "image": "i", "env": [{"name": "A", "value": "plain"}]}]}})
}

impl Objects {
    pub fn list(mut self, path: &str, kind: &str, items: Vec<Value>) -> Self {
        self.lists.insert(path.to_owned(), (kind.to_owned(), items));
        self
    }

    /// More items of a list.
    pub fn more(mut self, path: &str, items: Vec<Value>) -> Self {
        let list = self.lists.get_mut(path);
        let (_, list) = list.unwrap_or_else(|| panic!("{path} is no list here"));
        list.extend(items);
        self
    }

    /// All objects, each changed by this, which is told their kind.
    pub fn each(mut self, change: impl Fn(&str, &mut Value)) -> Self {
        for (kind, items) in self.lists.values_mut() {
            items.iter_mut().for_each(|item| change(kind, item));
        }
        for object in self.single.values_mut() {
            let kind = object["kind"].as_str().unwrap_or_default().to_owned();
            change(&kind, object);
        }
        self
    }

    /// What `kubectl get … -o json` prints of each kind, without the values of Secrets.
    pub fn printed(&self) -> Vec<Value> {
        let whole = |path: &str, kind: &str, item: &Value| {
            let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
            let mut item = item.clone();
            item["kind"] = kind.into();
            item["apiVersion"] = match parts[0] {
                "api" => parts[1].into(),
                _ => format!("{}/{}", parts[1], parts[2]).into(),
            };
            if kind == "Secret" {
                item.as_object_mut().unwrap().remove("data");
            }
            item
        };
        let lists = self.lists.iter().map(|(path, (kind, items))| {
            let items: Vec<Value> = items.iter().map(|item| whole(path, kind, item)).collect();
            json!({"apiVersion": "v1", "kind": "List", "items": items, "metadata": {"resourceVersion": ""}})
        });
        let single = self.single.iter().map(|(path, object)| {
            let mut object = object.clone();
            object["apiVersion"] = path.trim_matches('/').split('/').nth(1).into();
            object
        });
        lists.chain(single).collect()
    }

    pub fn one(mut self, path: &str, object: Value) -> Self {
        self.single.insert(path.to_owned(), object);
        self
    }

    /// So many pods in the place of what pods there were.
    pub fn pods(self, count: usize) -> Self {
        let pod = |n| {
            object(
                "app",
                &format!("pod-{n:05}"),
                json!({"spec": template()["spec"]}),
            )
        };
        self.list("/api/v1/pods", "Pod", (0..count).map(pod).collect())
    }

    /// At least one of each.
    pub fn small() -> Self {
        Self::default()
            .workloads()
            .authorization()
            .settings()
            .secrets()
    }

    fn workloads(self) -> Self {
        let owner = |kind: &str, name: &str| {
            json!({"metadata": {"ownerReferences":
            [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": true}]},
            "spec": {"replicas": 1, "template": template()}})
        };
        let with = |replicas: u8| json!({"spec": {"replicas": replicas, "template": template()}});
        let cron = json!({"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": template()}}}});
        let node = json!({"spec": {"providerID": "aws:///eu-west-1a/i-0abc"},
            "status": {"nodeInfo": {"kubeletVersion": "v1.33.1-eks-1"}}});
        self.pods(2)
            .list(
                "/api/v1/namespaces",
                "Namespace",
                vec![object("", "app", json!({}))],
            )
            .list(
                "/apis/apps/v1/deployments",
                "Deployment",
                vec![object("app", "web", with(0))],
            )
            .list(
                "/apis/apps/v1/replicasets",
                "ReplicaSet",
                vec![object("app", "web-1", owner("Deployment", "web"))],
            )
            .list(
                "/apis/apps/v1/statefulsets",
                "StatefulSet",
                vec![object("app", "db", with(1))],
            )
            .list(
                "/apis/apps/v1/daemonsets",
                "DaemonSet",
                vec![object("app", "agent", with(1))],
            )
            .list(
                "/apis/batch/v1/jobs",
                "Job",
                vec![object("app", "once", owner("CronJob", "daily"))],
            )
            .list(
                "/apis/batch/v1/cronjobs",
                "CronJob",
                vec![object("app", "daily", cron)],
            )
            .list(
                "/api/v1/replicationcontrollers",
                "ReplicationController",
                vec![object("app", "old", with(1))],
            )
            .list(
                "/api/v1/nodes",
                "Node",
                vec![object("", "ip-10-0-0-1", node)],
            )
    }

    fn authorization(self) -> Self {
        let group = "/apis/rbac.authorization.k8s.io/v1";
        let role = json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]});
        let aggregated = json!({"rules": null,
            "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
        let bound = |kind: &str, name: &str| {
            json!({"subjects": [{"kind": "Group", "name": "g"}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}})
        };
        let account = json!({"metadata": {"annotations":
            {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/app"}}});
        self.list(
            "/api/v1/serviceaccounts",
            "ServiceAccount",
            vec![object("app", "app", account)],
        )
        .list(
            &format!("{group}/roles"),
            "Role",
            vec![object("app", "reader", role)],
        )
        .list(
            &format!("{group}/clusterroles"),
            "ClusterRole",
            vec![object("", "view", aggregated)],
        )
        .list(
            &format!("{group}/rolebindings"),
            "RoleBinding",
            vec![object("app", "read", bound("Role", "reader"))],
        )
        .list(
            &format!("{group}/clusterrolebindings"),
            "ClusterRoleBinding",
            vec![object("", "view", bound("ClusterRole", "view"))],
        )
    }

    fn settings(self) -> Self {
        let map = |name: &str, data: Value| {
            let mut map = object("kube-system", name, json!({"data": data}));
            map["kind"] = "ConfigMap".into();
            map
        };
        let class = json!({"spec": {"provider": "aws", "parameters": {"objects": "[]"}}});
        let external =
            json!({"spec": {"data": [{"secretKey": "k", "remoteRef": {"key": "prod/db"}}]}});
        let maps = "/api/v1/namespaces/kube-system/configmaps";
        self.one(
            &format!("{maps}/aws-auth"),
            map("aws-auth", json!({"mapRoles": "[]"})),
        )
        .one(
            &format!("{maps}/amazon-vpc-cni"),
            map(
                "amazon-vpc-cni",
                json!({"enable-network-policy-controller": "true"}),
            ),
        )
        .list(
            "/api/v1/configmaps",
            "ConfigMap",
            vec![object(
                "app",
                "tools",
                json!({"data": {"id": "AKIAIOSFODNN7EXAMPLE", "password": VALUE}}),
            )],
        )
        .list(
            "/api/v1/persistentvolumeclaims",
            "PersistentVolumeClaim",
            vec![object(
                "app",
                "data",
                json!({"spec": {"accessModes": ["ReadWriteMany"], "volumeName": "pv-1"}}),
            )],
        )
        .list(
            "/api/v1/persistentvolumes",
            "PersistentVolume",
            vec![object(
                "",
                "pv-1",
                json!({"spec": {"csi": {"driver": "efs.csi.aws.com", "volumeHandle": "fs-1"}}}),
            )],
        )
        .list(
            "/apis/networking.k8s.io/v1/networkpolicies",
            "NetworkPolicy",
            vec![object("app", "deny", json!({"spec": {"podSelector": {}}}))],
        )
        .list(
            "/api/v1/services",
            "Service",
            vec![object(
                "app",
                "web",
                json!({"spec": {"type": "LoadBalancer"}}),
            )],
        )
        .list(
            "/apis/networking.k8s.io/v1/ingresses",
            "Ingress",
            vec![object(
                "app",
                "web",
                json!({"spec": {"ingressClassName": "alb"}}),
            )],
        )
        .gateways()
        .list(
            "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses",
            "SecretProviderClass",
            vec![object("app", "aws", class)],
        )
        .list(
            "/apis/external-secrets.io/v1/externalsecrets",
            "ExternalSecret",
            vec![object("app", "db", external)],
        )
        .external()
    }

    fn external(self) -> Self {
        let mounted = json!({"status": {"podName": "web-1", "secretProviderClassName": "aws",
            "mounted": true, "objects": [{"id": "prod/db", "version": "v1"}]}});
        let of_many = json!({"spec": {"namespaces": ["app"], "externalSecretSpec":
            {"data": [{"secretKey": "k", "remoteRef": {"key": "prod/db"}}]}}});
        let store = || json!({"spec": {"provider": {"aws": {"service": "SecretsManager", "region": "eu-west-1"}}}});
        let pushed = json!({"spec": {"secretStoreRefs": [{"name": "aws"}],
            "selector": {"secret": {"name": "db"}}}});
        let certificate = json!({"spec": {"secretName": "web-tls", "issuerRef": {"name": "ca"}},
            "status": {"notAfter": "2026-12-01T00:00:00Z", "renewalTime": "2026-11-01T00:00:00Z"}});
        let group = "/apis/external-secrets.io/v1";
        self.list(
            "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasspodstatuses",
            "SecretProviderClassPodStatus",
            vec![object("app", "web-1-app-aws", mounted)],
        )
        .list(
            &format!("{group}/clusterexternalsecrets"),
            "ClusterExternalSecret",
            vec![object("", "db", of_many)],
        )
        .list(
            &format!("{group}/secretstores"),
            "SecretStore",
            vec![object("app", "aws", store())],
        )
        .list(
            &format!("{group}/clustersecretstores"),
            "ClusterSecretStore",
            vec![object("", "aws", store())],
        )
        .list(
            &format!("{group}alpha1/pushsecrets"),
            "PushSecret",
            vec![object("app", "db", pushed)],
        )
        .list(
            "/apis/cert-manager.io/v1/certificates",
            "Certificate",
            vec![object("app", "web", certificate)],
        )
    }

    fn gateways(self) -> Self {
        let slice = json!({"metadata": {"labels": {"kubernetes.io/service-name": "web"}},
            "endpoints": [{"addresses": ["10.0.0.9"]}], "ports": [{"name": "http", "port": 80}]});
        let of_selector = json!({"metadata": {"labels": {"kubernetes.io/service-name": "web",
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}}});
        let class = json!({"spec": {"controller": "ingress.k8s.aws/alb", "parameters": {
            "apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": "alb"}}});
        let params = || vec![object("", "alb", json!({"spec": {"scheme": "internal"}}))];
        let gateway = json!({"spec": {"gatewayClassName": "alb", "listeners": [{"name": "http", "port": 80}]}});
        let route = json!({"spec": {"parentRefs": [{"name": "front"}],
            "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}});
        let group = "/apis/gateway.networking.k8s.io/v1";
        let mut all = self
            .list(
                "/apis/discovery.k8s.io/v1/endpointslices",
                "EndpointSlice",
                vec![
                    object("app", "web-1", slice),
                    object("app", "web-2", of_selector),
                ],
            )
            .list(
                "/apis/networking.k8s.io/v1/ingressclasses",
                "IngressClass",
                vec![object("", "alb", class)],
            )
            .list(
                "/apis/elbv2.k8s.aws/v1beta1/ingressclassparams",
                "IngressClassParams",
                params(),
            )
            .list(
                "/apis/eks.amazonaws.com/v1/ingressclassparams",
                "IngressClassParams",
                params(),
            )
            .list(
                &format!("{group}/gatewayclasses"),
                "GatewayClass",
                vec![object(
                    "",
                    "alb",
                    json!({"spec": {"controllerName": "gateway.k8s.aws/alb"}}),
                )],
            )
            .list(
                &format!("{group}/gateways"),
                "Gateway",
                vec![object("app", "front", gateway)],
            )
            .list(
                "/apis/gateway.k8s.aws/v1/loadbalancerconfigurations",
                "LoadBalancerConfiguration",
                vec![object(
                    "app",
                    "front",
                    json!({"spec": {"scheme": "internal"}}),
                )],
            );
        for (kind, resource) in [
            ("HTTPRoute", "httproutes"),
            ("GRPCRoute", "grpcroutes"),
            ("TCPRoute", "tcproutes"),
            ("TLSRoute", "tlsroutes"),
        ] {
            let path = format!("{group}/{resource}");
            all = all.list(&path, kind, vec![object("app", "web", route.clone())]);
        }
        all
    }

    fn secrets(self) -> Self {
        let kinds = [
            "Opaque",
            "kubernetes.io/tls",
            "kubernetes.io/service-account-token",
            "example.com/own",
        ];
        let secret = |(n, kind): (usize, &&str)| {
            object(
                "app",
                &format!("s{n}"),
                json!({"type": kind, "data": {"password": VALUE}}),
            )
        };
        self.list(
            "/api/v1/secrets",
            "Secret",
            kinds.iter().enumerate().map(secret).collect(),
        )
    }

    /// What an API server answers.
    pub fn answer(&self, request: &Request) -> Reply {
        if let Some(object) = self.single.get(&request.path) {
            return Reply::new(200, object.to_string());
        }
        match self.lists.get(&request.path) {
            Some((kind, items)) => self.page(kind, items, request),
            None => Reply::new(404, "404 page not found\n"),
        }
    }

    fn page(&self, kind: &str, items: &[Value], request: &Request) -> Reply {
        let chosen: Vec<&Value> = items
            .iter()
            .filter(|item| self.selects(item, request))
            .collect();
        let from: usize = request
            .parameter("continue")
            .map_or(0, |token| token.parse().unwrap());
        let limit: usize = request
            .parameter("limit")
            .map_or(usize::MAX, |limit| limit.parse().unwrap());
        let end = from.saturating_add(limit).min(chosen.len());
        let metadata_only = request.header("accept") == METADATA && !self.ignores_accept;
        let page = chosen[from..end].iter().map(|item| match metadata_only {
            true => json!({"kind": "PartialObjectMetadata", "metadata": item["metadata"]}),
            false => (*item).clone(),
        });
        let next = if end < chosen.len() {
            end.to_string()
        } else {
            String::new()
        };
        let kind = match metadata_only {
            true => "PartialObjectMetadataList".to_owned(),
            false => format!("{kind}List"),
        };
        let list = json!({"kind": kind, "metadata": {"resourceVersion": "9", "continue": next},
            "items": page.collect::<Vec<_>>()});
        Reply::new(200, list.to_string()).with("Content-Type", "application/json")
    }

    /// Whether each requirement `field=value` or `field!=value` holds.
    fn selects(&self, item: &Value, request: &Request) -> bool {
        let selector = request.parameter("fieldSelector").unwrap_or_default();
        let field = |path: &str| item.pointer(&format!("/{}", path.replace('.', "/")));
        let is = |path: &str, value: &str| field(path).is_some_and(|field| field == value);
        let holds = |requirement: &str| match requirement.split_once("!=") {
            Some((path, value)) => !is(path, value),
            None => requirement
                .split_once('=')
                .is_some_and(|(path, value)| is(path, value)),
        };
        self.ignores_selectors
            || selector
                .split(',')
                .filter(|part| !part.is_empty())
                .all(holds)
    }
}
