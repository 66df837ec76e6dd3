"""The RBAC objects that EKS adds to every cluster, in the notation of `bootstrap`.

The names are those of "Understand Amazon EKS created RBAC roles and users" in the EKS user guide and of a
v1.33 cluster; the rules are what these components are known to do. What matters to an audit holds: the objects
are EKS's own, some of them use wildcards, and one is bound to cluster-admin.
"""

EKS = """
ClusterRole - aws-node
  get,list,watch crd.k8s.amazonaws.com eniconfigs
  get,list,watch core namespaces
  get,list,watch core pods
  get,list,watch,update core nodes
  list,watch extensions *
  EVENTS
  get,list,watch networking.k8s.aws policyendpoints
  get networking.k8s.aws policyendpoints/status
  get,list,watch,update,patch vpcresources.k8s.aws cninodes
ClusterRoleBinding - aws-node ClusterRole/aws-node sa=kube-system/aws-node
ClusterRole - eks:addon-manager
  * apiextensions.k8s.io customresourcedefinitions
  * core configmaps,namespaces,serviceaccounts,services
  * apps daemonsets,deployments
  * policy poddisruptionbudgets
  * rbac.authorization.k8s.io clusterrolebindings,clusterroles,rolebindings,roles
  * admissionregistration.k8s.io mutatingwebhookconfigurations,validatingwebhookconfigurations
ClusterRoleBinding - eks:addon-manager ClusterRole/eks:addon-manager user=eks:addon-manager
ClusterRoleBinding - eks:addon-cluster-admin ClusterRole/cluster-admin user=eks:addon-manager
ClusterRole - eks:az-poller
  get,list,patch,update,watch core nodes
ClusterRoleBinding - eks:az-poller ClusterRole/eks:az-poller user=eks:az-poller
ClusterRole - eks:certificate-controller-approver
  approve certificates.k8s.io signers = kubernetes.io/kubelet-serving
  get,list,watch certificates.k8s.io certificatesigningrequests
  update certificates.k8s.io certificatesigningrequests/approval
ClusterRoleBinding - eks:certificate-controller-approver ClusterRole/eks:certificate-controller-approver user=eks:certificate-controller
ClusterRole - eks:certificate-controller-signer
  sign certificates.k8s.io signers = beta.eks.amazonaws.com/app-serving
ClusterRoleBinding - eks:certificate-controller-signer ClusterRole/eks:certificate-controller-signer user=eks:certificate-controller
ClusterRoleBinding - eks:certificate-controller ClusterRole/system:controller:certificate-controller user=eks:certificate-controller
ClusterRole - eks:cloud-controller-manager
  EVENTS
  * core nodes
  patch core nodes/status
  get,list,patch,update,watch core services
  patch,update core services/status
  create,get,list,watch,update core serviceaccounts
  get,list,update,watch core persistentvolumes
  create core serviceaccounts/token
  create,get,update coordination.k8s.io leases
ClusterRoleBinding - eks:cloud-controller-manager ClusterRole/eks:cloud-controller-manager user=eks:cloud-controller-manager
RoleBinding kube-system eks:cloud-controller-manager:apiserver-authentication-reader Role/extension-apiserver-authentication-reader user=eks:cloud-controller-manager
ClusterRole - eks:cluster-event-watcher
  R core events
ClusterRoleBinding - eks:cluster-event-watcher ClusterRole/eks:cluster-event-watcher user=eks:cluster-event-watcher
ClusterRole - eks:coredns-autoscaler
  R core nodes
  get,patch,update apps deployments,deployments/scale = coredns
ClusterRoleBinding - eks:coredns-autoscaler ClusterRole/eks:coredns-autoscaler user=eks:coredns-autoscaler
Role kube-system eks:coredns-autoscaler
  get,list,patch,update,watch apps deployments = coredns
RoleBinding kube-system eks:coredns-autoscaler Role/eks:coredns-autoscaler user=eks:coredns-autoscaler
ClusterRole - eks:extension-metrics-apiserver
  R core nodes
  create authorization.k8s.io subjectaccessreviews
ClusterRoleBinding - eks:extension-metrics-apiserver ClusterRole/eks:extension-metrics-apiserver user=eks:extension-metrics-apiserver
ClusterRole - eks:fargate-manager
  R core nodes,pods
  delete core nodes
  create,patch core events
ClusterRoleBinding - eks:fargate-manager ClusterRole/eks:fargate-manager user=eks:fargate-manager
Role kube-system eks:fargate-manager
  get,patch,update core configmaps = aws-auth
RoleBinding kube-system eks:fargate-manager Role/eks:fargate-manager user=eks:fargate-manager
ClusterRole - eks:fargate-scheduler
  EVENTS
  R core nodes,persistentvolumeclaims,persistentvolumes,replicationcontrollers,services
  delete,get,list,watch core pods
  create core bindings,pods/binding
  patch,update core pods/status
  R apps replicasets,statefulsets
ClusterRoleBinding - eks:fargate-scheduler ClusterRole/eks:fargate-scheduler user=eks:fargate-scheduler
ClusterRole - eks:k8s-metrics
  list core nodes,pods
  list apps daemonsets,deployments
ClusterRoleBinding - eks:k8s-metrics ClusterRole/eks:k8s-metrics user=eks:k8s-metrics
ClusterRoleBinding - eks:kube-proxy ClusterRole/system:node-proxier sa=kube-system/kube-proxy
ClusterRoleBinding - eks:kube-proxy-fargate ClusterRole/system:node-proxier group=system:node-proxier
ClusterRoleBinding - eks:kube-proxy-windows ClusterRole/system:node-proxier group=eks:kube-proxy-windows
ClusterRole - eks:network-policy-controller
  R core namespaces,pods,services
  R networking.k8s.io networkpolicies
  create,delete,get,list,patch,update,watch networking.k8s.aws policyendpoints
  update networking.k8s.aws policyendpoints/finalizers
ClusterRoleBinding - eks:network-policy-controller ClusterRole/eks:network-policy-controller user=eks:network-policy-controller
ClusterRole - eks:networking-manager
  R core nodes
  R vpcresources.k8s.aws cninodes
ClusterRoleBinding - eks:networking-manager ClusterRole/eks:networking-manager user=eks:networking-manager
ClusterRole - eks:node-bootstrapper
  create certificates.k8s.io certificatesigningrequests/selfnodeserver
ClusterRoleBinding - eks:node-bootstrapper ClusterRole/eks:node-bootstrapper group=system:bootstrappers group=system:nodes
ClusterRole - eks:node-manager
  get,list,patch,update,watch core nodes
  R core pods
  create core pods/eviction
  EVENTS
ClusterRoleBinding - eks:node-manager ClusterRole/eks:node-manager user=eks:node-manager
Role kube-system eks:node-manager
  get,patch,update core configmaps = aws-auth
RoleBinding kube-system eks:node-manager Role/eks:node-manager user=eks:node-manager
ClusterRole - eks:nodewatcher
  R core nodes
ClusterRoleBinding - eks:nodewatcher ClusterRole/eks:nodewatcher user=eks:nodewatcher
ClusterRole - eks:pod-identity-mutating-webhook
  R core serviceaccounts
ClusterRoleBinding - eks:pod-identity-mutating-webhook ClusterRole/eks:pod-identity-mutating-webhook user=eks:pod-identity-mutating-webhook
ClusterRole - eks:service-operations
  get,list core namespaces,nodes,pods,services,serviceaccounts,persistentvolumes
  get,list apps *
  get,list batch *
  get,list policy poddisruptionbudgets
  get,list storage.k8s.io *
  get @ /healthz,/livez,/metrics,/readyz
ClusterRoleBinding - eks:service-operations ClusterRole/eks:service-operations user=eks:service-operations
Role kube-system eks:service-operations-configmaps
  get core configmaps = aws-auth,coredns,kube-proxy,amazon-vpc-cni
RoleBinding kube-system eks:service-operations-configmaps Role/eks:service-operations-configmaps user=eks:service-operations
ClusterRole - eks:tagging-controller
  get,list,patch,update,watch core nodes
  create,get,update coordination.k8s.io leases
ClusterRoleBinding - eks:tagging-controller ClusterRole/eks:tagging-controller sa=kube-system/tagging-controller
Role kube-system eks:addon-manager
  * core configmaps,serviceaccounts
  * apps daemonsets,deployments
RoleBinding kube-system eks:addon-manager Role/eks:addon-manager user=eks:addon-manager
Role kube-system eks:authenticator
  R core configmaps = aws-auth
RoleBinding kube-system eks:authenticator Role/eks:authenticator user=eks:authenticator
Role kube-system eks:az-poller
  create,get,patch,update coordination.k8s.io leases
RoleBinding kube-system eks:az-poller Role/eks:az-poller user=eks:az-poller
Role kube-system eks:network-policy-controller
  create,get,patch,update coordination.k8s.io leases
  R core configmaps = amazon-vpc-cni
RoleBinding kube-system eks:network-policy-controller Role/eks:network-policy-controller user=eks:network-policy-controller
Role kube-system eks-vpc-resource-controller-role
  R core configmaps = amazon-vpc-cni
  create,get,patch,update coordination.k8s.io leases
RoleBinding kube-system eks-vpc-resource-controller-rolebinding Role/eks-vpc-resource-controller-role user=eks:vpc-resource-controller
ClusterRole - vpc-resource-controller-role
  get,list,patch,update,watch core nodes,nodes/status
  get,list,patch,watch core pods
  R core configmaps
  create,delete,get,list,patch,update,watch vpcresources.k8s.aws cninodes
  R vpcresources.k8s.aws securitygrouppolicies
  EVENTS
ClusterRoleBinding - vpc-resource-controller-rolebinding ClusterRole/vpc-resource-controller-role user=eks:vpc-resource-controller
ClusterRole - system:coredns
  list,watch core endpoints,namespaces,pods,services
  list,watch discovery.k8s.io endpointslices
ClusterRoleBinding - system:coredns ClusterRole/system:coredns sa=kube-system/coredns
"""
