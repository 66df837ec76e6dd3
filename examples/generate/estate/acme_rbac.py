"""The roles and bindings that Acme itself made, in the notation of `bootstrap`."""

from .bootstrap import as_kubectl, parse
from .story import decoy, either, k8s, planted

CONTROLLERS = """
ClusterRole - aws-load-balancer-controller-role
  R core endpoints,namespaces,nodes,pods,services
  E core events
  patch,update core services,services/status,pods/status
  R networking.k8s.io ingresses,ingressclasses
  patch,update networking.k8s.io ingresses,ingresses/status
  create,delete,get,list,patch,update,watch elbv2.k8s.aws targetgroupbindings
  R elbv2.k8s.aws ingressclassparams
  R discovery.k8s.io endpointslices
ClusterRoleBinding - aws-load-balancer-controller-rolebinding ClusterRole/aws-load-balancer-controller-role sa=kube-system/aws-load-balancer-controller
ClusterRole - ebs-external-provisioner-role
  create,delete,get,list,patch,watch core persistentvolumes
  get,list,update,watch core persistentvolumeclaims
  R storage.k8s.io csinodes,storageclasses,volumeattachments
  E core events
  R core nodes
ClusterRoleBinding - ebs-csi-provisioner-binding ClusterRole/ebs-external-provisioner-role sa=kube-system/ebs-csi-controller-sa
ClusterRole - ebs-csi-node-role
  get,patch core nodes
  get storage.k8s.io volumeattachments
ClusterRoleBinding - ebs-csi-node-getter-binding ClusterRole/ebs-csi-node-role sa=kube-system/ebs-csi-node-sa
ClusterRole - system:metrics-server
  get core nodes/metrics
  R core nodes,pods
ClusterRoleBinding - system:metrics-server ClusterRole/system:metrics-server sa=kube-system/metrics-server
ClusterRole - system:metrics-server-aggregated-reader to=view
  R metrics.k8s.io nodes,pods
ClusterRoleBinding - metrics-server:system:auth-delegator ClusterRole/system:auth-delegator sa=kube-system/metrics-server
RoleBinding kube-system metrics-server-auth-reader Role/extension-apiserver-authentication-reader sa=kube-system/metrics-server
ClusterRole - prometheus
  R core endpoints,nodes,pods,services
  get core nodes/metrics
  R networking.k8s.io ingresses
  get @ /metrics,/metrics/cadvisor
ClusterRoleBinding - prometheus ClusterRole/prometheus sa=monitoring/prometheus
"""

PROD = """
ClusterRole - cluster-autoscaler
  get,list,update,watch core nodes
  R core namespaces,persistentvolumeclaims,persistentvolumes,pods,replicationcontrollers,services
  create core pods/eviction
  E core events
  R apps daemonsets,replicasets,statefulsets
  R batch cronjobs,jobs
  R policy poddisruptionbudgets
  R storage.k8s.io csidrivers,csinodes,csistoragecapacities,storageclasses,volumeattachments
ClusterRoleBinding - cluster-autoscaler ClusterRole/cluster-autoscaler sa=kube-system/cluster-autoscaler
ClusterRole - external-dns
  R core endpoints,nodes,pods,services
  R networking.k8s.io ingresses
  R discovery.k8s.io endpointslices
ClusterRoleBinding - external-dns-viewer ClusterRole/external-dns sa=kube-system/external-dns
ClusterRole - kube-state-metrics
  list,watch core configmaps,endpoints,namespaces,nodes,persistentvolumeclaims,pods,services
  list,watch apps daemonsets,deployments,replicasets,statefulsets
  list,watch batch cronjobs,jobs
  list,watch networking.k8s.io ingresses,networkpolicies
ClusterRoleBinding - kube-state-metrics ClusterRole/kube-state-metrics sa=monitoring/kube-state-metrics
ClusterRole - secretproviderclasses-role
  R secrets-store.csi.x-k8s.io secretproviderclasses
  create,delete,get,list,patch,update,watch secrets-store.csi.x-k8s.io secretproviderclasspodstatuses
ClusterRoleBinding - secretproviderclasses-rolebinding ClusterRole/secretproviderclasses-role sa=kube-system/secrets-store-csi-driver
ClusterRole - external-secrets-crds
  R external-secrets.io clustersecretstores,externalsecrets,secretstores
  patch,update external-secrets.io externalsecrets/status,secretstores/status
ClusterRoleBinding - external-secrets-crds ClusterRole/external-secrets-crds sa=external-secrets/external-secrets
ClusterRole - synced-secrets-writer
  create,delete,get,list,patch,update,watch core secrets
RoleBinding payments external-secrets ClusterRole/synced-secrets-writer sa=external-secrets/external-secrets
RoleBinding checkout external-secrets ClusterRole/synced-secrets-writer sa=external-secrets/external-secrets
RoleBinding growth external-secrets ClusterRole/synced-secrets-writer sa=external-secrets/external-secrets
ClusterRoleBinding - gitlab-runner-admin ClusterRole/cluster-admin sa=ci/gitlab-runner
ClusterRoleBinding - acme-oncall ClusterRole/cluster-admin group=acme:oncall
Role sandbox cluster-admin
  R core configmaps,pods,pods/log,services
  R apps deployments
RoleBinding sandbox cluster-admin Role/cluster-admin group=acme:developers
RoleBinding tenant-a tenant-admins ClusterRole/admin group=acme:tenant-a
RoleBinding checkout checkout-maintainers ClusterRole/cluster-admin group=acme:checkout
Role search search-operator
  * core configmaps,pods,services
  * apps statefulsets
RoleBinding search search-operator Role/search-operator sa=search/indexer
ClusterRole - legacy-debug
  get,list core,apps *
ClusterRole - log-collector
  R core namespaces,pods
  get,list,watch core secrets
ClusterRoleBinding - log-collector ClusterRole/log-collector sa=logging/fluent-bit
ClusterRole - ca-bundle-reader
  get core secrets = acme-ca-bundle
ClusterRoleBinding - ca-bundle-reader ClusterRole/ca-bundle-reader sa=platform/devportal
ClusterRole - devportal-catalog
  R core namespaces,pods,services
  R apps deployments,replicasets
ClusterRoleBinding - devportal-catalog ClusterRole/devportal-catalog sa=platform/devportal
ClusterRoleBinding - devportal-everyone ClusterRole/view group=system:authenticated
Role ci pipeline-runner
  create,delete,get,list,watch core pods
  create,get core pods/exec
  get core pods/log
RoleBinding ci pipeline-runner Role/pipeline-runner sa=ci/gitlab-runner
"""

STAGING = """
ClusterRole - tooling-superuser
  * * *
ClusterRoleBinding - tooling-superuser ClusterRole/tooling-superuser sa=tooling/toolbox
ClusterRoleBinding - developers-edit ClusterRole/edit group=acme:developers
ClusterRoleBinding - qa-view ClusterRole/view group=acme:qa
Role checkout test-data
  create,get,list core configmaps
RoleBinding checkout test-data Role/test-data user=qa:lucie
ClusterRole - status-page
  get,list core pods,services
ClusterRoleBinding - status-page-public ClusterRole/status-page group=system:unauthenticated user=system:anonymous
ClusterRoleBinding - login-probe ClusterRole/system:public-info-viewer group=system:authenticated
Role tooling fixtures
  create,get core configmaps
RoleBinding tooling fixtures Role/fixtures sa=tooling/fixtures-loader
"""


def labels(name):
    if name.startswith("system:metrics-server") or name.startswith("metrics-server"):
        return {"app.kubernetes.io/name": "metrics-server"}, {}
    return {"app.kubernetes.io/managed-by": "Helm"}, {}


def parsed(cluster):
    return parse(CONTROLLERS + (PROD if cluster == "prod" else STAGING).lstrip(), labels)[0]


def objects(cluster):
    made = [as_kubectl(cluster, "2025-03-04", o) for o in parsed(cluster)]
    (notes_prod if cluster == "prod" else notes_staging)(
        lambda kind, name, namespace="": k8s(cluster, namespace, kind, name)
    )
    return made


def notes_prod(at):
    planted(
        "cluster-admin-binding",
        at("ClusterRoleBinding", "gitlab-runner-admin"),
        "every pipeline of every repository runs as cluster-admin",
        also=[at("ServiceAccount", "gitlab-runner", "ci")],
    )
    planted(
        "cluster-admin-binding",
        at("ClusterRoleBinding", "acme-oncall"),
        "the group behind an access entry: who may take the role oncall-engineer owns the cluster",
        also=[at("Group", "acme:oncall")],
    )
    decoy(
        "cluster-admin-binding",
        at("RoleBinding", "cluster-admin", "sandbox"),
        "named cluster-admin, and so is the Role it names: a namespaced one that reads a few things",
    )
    decoy(
        "cluster-admin-binding",
        at("RoleBinding", "checkout-maintainers", "checkout"),
        "the ClusterRole cluster-admin by a RoleBinding: all of one namespace, nothing else",
    )
    decoy("cluster-admin-binding", at("ClusterRoleBinding", "eks:addon-cluster-admin"), "EKS's own: the add-on manager")
    decoy("cluster-admin-binding", at("ClusterRoleBinding", "cluster-admin"), "Kubernetes' own, for system:masters")
    planted(
        "rbac-wildcard",
        at("Role", "search-operator", "search"),
        "every verb, also those that come with the next version",
        "medium",
    )
    planted(
        "rbac-wildcard",
        at("ClusterRole", "legacy-debug"),
        "every resource of two groups, Secrets too; bound to nobody today",
        "low",
    )
    for name, why in (
        ("cluster-admin", "Kubernetes' own"),
        ("system:controller:generic-garbage-collector", "Kubernetes' own controller must delete anything"),
        ("system:kubelet-api-admin", "Kubernetes' own"),
        ("eks:addon-manager", "EKS's own"),
        ("eks:cloud-controller-manager", "EKS's own"),
        ("aws-node", "EKS's own, for the VPC CNI"),
    ):
        decoy("rbac-wildcard", at("ClusterRole", name), why)
    planted(
        "rbac-secrets-cluster-wide",
        at("ClusterRoleBinding", "log-collector"),
        "a log collector on every node that may read every Secret: the chart asked for it once",
        also=[at("ClusterRole", "log-collector"), at("ServiceAccount", "fluent-bit", "logging")],
    )
    planted(
        "rbac-takeover",
        at("ServiceAccount", "fluent-bit", "logging"),
        "among the Secrets that the log collector reads is the token of ci/gitlab-runner, which never ends and is cluster-admin",
        "high",
    )
    planted(
        "rbac-node-takeover",
        at("Group", "acme:tenant-a"),
        "its namespace has no Pod Security level: a privileged pod there has its node, and ci/gitlab-runner runs on one",
        "high",
    )
    planted(
        "rbac-node-takeover",
        at("Group", "acme:checkout"),
        "the namespace is restricted, but everything in it is also its labels: it lifts the level first",
        "high",
    )
    planted(
        "rbac-node-takeover",
        at("ServiceAccount", "indexer", "search"),
        "every verb in a namespace without a Pod Security level is also a privileged pod",
        "high",
    )
    decoy(
        "rbac-takeover",
        at("Group", "acme:tenant-a"),
        "runs pods as any service account of its namespace, and none of them has power",
    )
    decoy(
        "rbac-takeover",
        at("Group", "acme:checkout"),
        "everything in one namespace, where no cluster-admin lives",
    )
    decoy(
        "rbac-takeover",
        at("ServiceAccount", "external-secrets", "external-secrets"),
        "makes and reads Secrets, so also tokens of service accounts, in three namespaces without a cluster-admin",
    )
    decoy(
        "rbac-takeover",
        at("ServiceAccount", "gitlab-runner", "ci"),
        "is cluster-admin, which its binding's finding says",
    )
    decoy(
        "rbac-takeover",
        at("ServiceAccount", "clusterrole-aggregation-controller", "kube-system"),
        "may write any permission into any role: Kubernetes' own controller, whose work it is",
    )
    decoy(
        "rbac-secrets-cluster-wide",
        at("ClusterRoleBinding", "ca-bundle-reader"),
        "get on one name, a public certificate",
    )
    decoy(
        "rbac-secrets-cluster-wide",
        at("ServiceAccount", "external-secrets", "external-secrets"),
        "reads and writes Secrets by a ClusterRole, but bound in three namespaces only",
    )
    decoy("rbac-secrets-cluster-wide", at("ClusterRoleBinding", "system:kube-controller-manager"), "Kubernetes' own")
    planted(
        "rbac-anonymous-access",
        at("ClusterRoleBinding", "devportal-everyone"),
        "whoever is authenticated, service accounts of every pod included, may look at nearly everything",
        "high",
    )
    decoy(
        "rbac-anonymous-access",
        at("ClusterRoleBinding", "system:public-info-viewer"),
        "Kubernetes' default: version and health for everybody",
    )
    decoy(
        "rbac-anonymous-access",
        at("ClusterRoleBinding", "system:discovery"),
        "Kubernetes' default for the authenticated",
    )


def notes_staging(at):
    planted(
        "cluster-admin-binding",
        at("ClusterRoleBinding", "tooling-superuser"),
        "not the ClusterRole cluster-admin, but one of Acme's with the same power",
        also=[at("ServiceAccount", "toolbox", "tooling"), at("ClusterRole", "tooling-superuser")],
    )
    either(
        "rbac-wildcard",
        at("ClusterRole", "tooling-superuser"),
        "every verb on every resource: the finding on its binding says so already",
    )
    planted(
        "rbac-secrets-cluster-wide",
        at("ClusterRoleBinding", "developers-edit"),
        "the default role edit reads Secrets: bound in one namespace that is meant, cluster-wide it is every Secret",
        also=[at("Group", "acme:developers"), at("ClusterRole", "edit")],
    )
    planted(
        "rbac-takeover",
        at("Group", "acme:developers"),
        "edit in every namespace is edit where the toolbox lives: a pod that runs as tooling/toolbox is cluster-admin",
        "high",
    )
    decoy("rbac-takeover", at("Group", "acme:qa"), "the default role view changes nothing and enters no pod")
    decoy("rbac-secrets-cluster-wide", at("ClusterRoleBinding", "qa-view"), "the default role view leaves Secrets out")
    planted(
        "rbac-anonymous-access",
        at("ClusterRoleBinding", "status-page-public"),
        "EKS answers whoever has no credential with 401 since 1.32: before that anybody listed pods and services",
        "low",
    )
    decoy(
        "rbac-anonymous-access",
        at("ClusterRoleBinding", "login-probe"),
        "bound again by Acme, but to a default discovery role",
    )
