"""The RBAC objects that a v1.33 kube-apiserver makes at its start, in the notation of `bootstrap`."""

KUBERNETES = """
ClusterRole - admin from=admin
ClusterRole - cluster-admin
  * * *
  * @ *
ClusterRole - edit to=admin from=edit
ClusterRole - system:aggregate-to-admin to=admin
  create authorization.k8s.io localsubjectaccessreviews
  ALL rbac.authorization.k8s.io rolebindings,roles
ClusterRole - system:aggregate-to-edit to=edit
  R core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
  impersonate core serviceaccounts
  W core pods,pods/attach,pods/exec,pods/portforward,pods/proxy
  create core pods/eviction
  W core configmaps,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
  create core serviceaccounts/token
  W core,events.k8s.io events
  W apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale
  W autoscaling horizontalpodautoscalers
  W batch cronjobs,jobs
  W extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale
  W policy poddisruptionbudgets
  W networking.k8s.io ingresses,networkpolicies
  ALL coordination.k8s.io leases
ClusterRole - system:aggregate-to-view to=view
  R core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
  R core bindings,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
  R core namespaces
  R core,events.k8s.io events
  R discovery.k8s.io endpointslices
  R apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
  R autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
  R batch cronjobs,cronjobs/status,jobs,jobs/status
  R extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale
  R policy poddisruptionbudgets,poddisruptionbudgets/status
  R networking.k8s.io ingresses,ingresses/status,networkpolicies
ClusterRole - system:auth-delegator
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io subjectaccessreviews
ClusterRole - system:basic-user
  create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
  create authentication.k8s.io selfsubjectreviews
ClusterRole - system:certificates.k8s.io:certificatesigningrequests:nodeclient
  create certificates.k8s.io certificatesigningrequests/nodeclient
ClusterRole - system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
  create certificates.k8s.io certificatesigningrequests/selfnodeclient
ClusterRole - system:certificates.k8s.io:kube-apiserver-client-approver
  approve certificates.k8s.io signers = kubernetes.io/kube-apiserver-client
ClusterRole - system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
  approve certificates.k8s.io signers = kubernetes.io/kube-apiserver-client-kubelet
ClusterRole - system:certificates.k8s.io:kubelet-serving-approver
  approve certificates.k8s.io signers = kubernetes.io/kubelet-serving
ClusterRole - system:certificates.k8s.io:legacy-unknown-approver
  approve certificates.k8s.io signers = kubernetes.io/legacy-unknown
ClusterRole - system:controller:attachdetach-controller
  list,watch core persistentvolumeclaims,persistentvolumes
  R core nodes
  patch,update core nodes/status
  list,watch core pods
  EVENTS
  create,delete,get,list,watch storage.k8s.io volumeattachments
  R storage.k8s.io csidrivers
  R storage.k8s.io csinodes
ClusterRole - system:controller:certificate-controller
  delete,get,list,watch certificates.k8s.io certificatesigningrequests
  update certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status
  approve certificates.k8s.io signers = kubernetes.io/kube-apiserver-client-kubelet
  sign certificates.k8s.io signers = kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
  create authorization.k8s.io subjectaccessreviews
  EVENTS
ClusterRole - system:controller:clusterrole-aggregation-controller
  escalate,get,list,patch,update,watch rbac.authorization.k8s.io clusterroles
ClusterRole - system:controller:cronjob-controller
  get,list,update,watch batch cronjobs
  create,delete,get,list,patch,update,watch batch jobs
  update batch cronjobs/status
  update batch cronjobs/finalizers
  delete,list,watch core pods
  EVENTS
ClusterRole - system:controller:daemon-set-controller
  R apps,extensions daemonsets
  update apps,extensions daemonsets/status
  update apps,extensions daemonsets/finalizers
  list,watch core nodes
  create,delete,list,patch,watch core pods
  create core pods/binding
  create,delete,get,list,patch,update,watch apps controllerrevisions
  EVENTS
ClusterRole - system:controller:deployment-controller
  get,list,update,watch apps,extensions deployments
  update apps,extensions deployments/status
  update apps,extensions deployments/finalizers
  create,delete,get,list,patch,update,watch apps,extensions replicasets
  get,list,update,watch core pods
  EVENTS
ClusterRole - system:controller:disruption-controller
  R apps,extensions deployments
  R apps,extensions replicasets
  R core replicationcontrollers
  R policy poddisruptionbudgets
  R apps statefulsets
  update policy poddisruptionbudgets/status
  patch,update core pods/status
  get * */scale
  EVENTS
ClusterRole - system:controller:endpoint-controller
  R core pods,services
  create,delete,get,list,update,watch core endpoints
  create core endpoints/restricted
  EVENTS
ClusterRole - system:controller:endpointslice-controller
  R core nodes,pods,services
  update core services/finalizers
  create,delete,get,list,update,watch discovery.k8s.io endpointslices
  create discovery.k8s.io endpointslices/restricted
  EVENTS
ClusterRole - system:controller:endpointslicemirroring-controller
  R core endpoints,services
  update core services/finalizers
  update core endpoints/finalizers
  create,delete,get,list,update,watch discovery.k8s.io endpointslices
  create discovery.k8s.io endpointslices/restricted
  EVENTS
ClusterRole - system:controller:ephemeral-volume-controller
  R core pods
  update core pods/finalizers
  create,get,list,watch core persistentvolumeclaims
  EVENTS
ClusterRole - system:controller:expand-controller
  get,list,patch,update,watch core persistentvolumes
  patch,update core persistentvolumeclaims/status
  R core persistentvolumeclaims
  EVENTS
ClusterRole - system:controller:generic-garbage-collector
  delete,get,list,patch,update,watch * *
  EVENTS
ClusterRole - system:controller:horizontal-pod-autoscaler
  R autoscaling horizontalpodautoscalers
  update autoscaling horizontalpodautoscalers/status
  get,update * */scale
  list,watch core pods
  list,watch metrics.k8s.io pods
  R custom.metrics.k8s.io *
  R external.metrics.k8s.io *
  EVENTS
ClusterRole - system:controller:job-controller
  get,list,patch,update,watch batch jobs
  update batch jobs/status
  update batch jobs/finalizers
  create,delete,list,patch,watch core pods
  EVENTS
ClusterRole - system:controller:legacy-service-account-token-cleaner
  get core configmaps = kube-apiserver-legacy-service-account-token-tracking
  delete,patch core secrets
ClusterRole - system:controller:namespace-controller
  delete,get,list,watch core namespaces
  update core namespaces/finalize,namespaces/status
  delete,deletecollection,get,list,watch * *
ClusterRole - system:controller:node-controller
  delete,get,list,patch,update,watch core nodes
  patch,update core nodes/status
  patch,update core pods/status
  delete,get,list,watch core pods
  EVENTS
ClusterRole - system:controller:persistent-volume-binder
  create,delete,get,list,update,watch core persistentvolumes
  update core persistentvolumes/status
  get,list,update,watch core persistentvolumeclaims
  update core persistentvolumeclaims/status
  create,delete,get,list,watch core pods
  R storage.k8s.io storageclasses
  list,watch core nodes
  EVENTS
  watch core events
ClusterRole - system:controller:pod-garbage-collector
  delete,list,watch core pods
  R core nodes
  patch core pods/status
ClusterRole - system:controller:pv-protection-controller
  get,list,update,watch core persistentvolumes
  EVENTS
ClusterRole - system:controller:pvc-protection-controller
  get,list,update,watch core persistentvolumeclaims
  update core persistentvolumeclaims/status
  R core pods
  EVENTS
ClusterRole - system:controller:replicaset-controller
  get,list,update,watch apps,extensions replicasets
  update apps,extensions replicasets/status
  update apps,extensions replicasets/finalizers
  create,delete,list,patch,watch core pods
  EVENTS
ClusterRole - system:controller:replication-controller
  get,list,update,watch core replicationcontrollers
  update core replicationcontrollers/status
  update core replicationcontrollers/finalizers
  create,delete,list,patch,watch core pods
  EVENTS
ClusterRole - system:controller:resourcequota-controller
  list,watch * *
  update core resourcequotas/status
  EVENTS
ClusterRole - system:controller:root-ca-cert-publisher
  create,update core configmaps
  EVENTS
ClusterRole - system:controller:route-controller
  list,watch core nodes
  patch core nodes/status
  EVENTS
ClusterRole - system:controller:selinux-warning-controller
  EVENTS
  R core persistentvolumes
  R core persistentvolumeclaims
  R core pods
  R storage.k8s.io csidrivers
ClusterRole - system:controller:service-account-controller
  create core serviceaccounts
  EVENTS
ClusterRole - system:controller:service-cidrs-controller
  get,list,patch,update,watch networking.k8s.io servicecidrs
  patch,update networking.k8s.io servicecidrs/finalizers
  patch,update networking.k8s.io servicecidrs/status
  R networking.k8s.io ipaddresses
  EVENTS
ClusterRole - system:controller:service-controller
  R core services
  patch,update core services/status
  list,watch core nodes
  EVENTS
ClusterRole - system:controller:statefulset-controller
  list,watch core pods
  R apps statefulsets
  update apps statefulsets/status
  update apps statefulsets/finalizers
  create,delete,get,patch,update core pods
  create,delete,get,list,patch,update,watch apps controllerrevisions
  create,get,list,watch core persistentvolumeclaims
  delete,update core persistentvolumeclaims
  update core pods/finalizers
  EVENTS
ClusterRole - system:controller:ttl-after-finished-controller
  delete,get,list,watch batch jobs
  EVENTS
ClusterRole - system:controller:ttl-controller
  list,patch,update,watch core nodes
  EVENTS
ClusterRole - system:controller:validatingadmissionpolicy-status-controller
  R admissionregistration.k8s.io validatingadmissionpolicies
  get,patch,update admissionregistration.k8s.io validatingadmissionpolicies/status
  EVENTS
ClusterRole - system:discovery
  get @ /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/
ClusterRole - system:heapster
  R core events,namespaces,nodes,pods
  R extensions deployments
ClusterRole - system:kube-aggregator
  R core endpoints,services
ClusterRole - system:kube-controller-manager
  EVENTS
  create coordination.k8s.io leases
  get,update coordination.k8s.io leases = kube-controller-manager
  create core secrets,serviceaccounts
  delete core secrets
  get core configmaps,namespaces,secrets,serviceaccounts
  update core secrets,serviceaccounts
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io subjectaccessreviews
  list,watch * *
  create core serviceaccounts/token
ClusterRole - system:kube-dns
  list,watch core endpoints,services
ClusterRole - system:kube-scheduler
  EVENTS
  create coordination.k8s.io leases
  get,list,update,watch coordination.k8s.io leases = kube-scheduler
  R core nodes
  delete,get,list,watch core pods
  create core bindings,pods/binding
  patch,update core pods/status
  R core replicationcontrollers,services
  R apps,extensions replicasets
  R apps statefulsets
  R policy poddisruptionbudgets
  R core persistentvolumeclaims,persistentvolumes
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io subjectaccessreviews
  R storage.k8s.io csinodes
  R storage.k8s.io volumeattachments
  R core namespaces
  R storage.k8s.io csidrivers
  R storage.k8s.io csistoragecapacities
  update core pods/finalizers
ClusterRole - system:kubelet-api-admin
  R core nodes
  proxy core nodes
  * core nodes/log,nodes/metrics,nodes/proxy,nodes/stats
  * core nodes/configz,nodes/healthz,nodes/pods
ClusterRole - system:monitoring
  get @ /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*
  get core nodes/metrics
ClusterRole - system:node
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews
  R core services
  create,get,list,watch core nodes
  patch,update core nodes/status
  patch,update core nodes
  EVENTS
  R core pods
  create,delete core pods
  patch,update core pods/status
  create core pods/eviction
  R core configmaps,secrets
  get core persistentvolumeclaims,persistentvolumes
  get core endpoints
  create,get,list,watch certificates.k8s.io certificatesigningrequests
  create,delete,get,patch,update coordination.k8s.io leases
  get storage.k8s.io volumeattachments
  create core serviceaccounts/token
  get,patch,update core persistentvolumeclaims/status
  R storage.k8s.io csidrivers
  create,delete,get,patch,update storage.k8s.io csinodes
  R node.k8s.io runtimeclasses
ClusterRole - system:node-bootstrapper
  create,get,list,watch certificates.k8s.io certificatesigningrequests
ClusterRole - system:node-problem-detector
  get core nodes
  patch core nodes/status
  EVENTS
ClusterRole - system:node-proxier
  list,watch core endpoints,services
  R core nodes
  EVENTS
  list,watch networking.k8s.io servicecidrs
  list,watch discovery.k8s.io endpointslices
ClusterRole - system:persistent-volume-provisioner
  create,delete,get,list,watch core persistentvolumes
  get,list,update,watch core persistentvolumeclaims
  R storage.k8s.io storageclasses
  watch core events
  EVENTS
ClusterRole - system:public-info-viewer
  get @ /healthz,/livez,/readyz,/version,/version/
ClusterRole - system:service-account-issuer-discovery
  get @ /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/
ClusterRole - system:volume-scheduler
  get,list,patch,update,watch core persistentvolumes
  R storage.k8s.io storageclasses
  get,list,patch,update,watch core persistentvolumeclaims
ClusterRole - view to=edit from=view
ClusterRoleBinding - cluster-admin ClusterRole/cluster-admin group=system:masters
ClusterRoleBinding - system:basic-user ClusterRole/system:basic-user group=system:authenticated
ClusterRoleBinding - system:discovery ClusterRole/system:discovery group=system:authenticated
ClusterRoleBinding - system:kube-controller-manager ClusterRole/system:kube-controller-manager user=system:kube-controller-manager
ClusterRoleBinding - system:kube-dns ClusterRole/system:kube-dns sa=kube-system/kube-dns
ClusterRoleBinding - system:kube-scheduler ClusterRole/system:kube-scheduler user=system:kube-scheduler
ClusterRoleBinding - system:monitoring ClusterRole/system:monitoring group=system:monitoring
ClusterRoleBinding - system:node ClusterRole/system:node
ClusterRoleBinding - system:node-proxier ClusterRole/system:node-proxier user=system:kube-proxy
ClusterRoleBinding - system:public-info-viewer ClusterRole/system:public-info-viewer group=system:authenticated group=system:unauthenticated
ClusterRoleBinding - system:service-account-issuer-discovery ClusterRole/system:service-account-issuer-discovery group=system:serviceaccounts
ClusterRoleBinding - system:volume-scheduler ClusterRole/system:volume-scheduler user=system:kube-scheduler
Role kube-public system:controller:bootstrap-signer
  R core configmaps
  update core configmaps = cluster-info
  EVENTS
Role kube-system extension-apiserver-authentication-reader
  R core configmaps = extension-apiserver-authentication
Role kube-system system::leader-locking-kube-controller-manager
  create,get,list,update,watch coordination.k8s.io leases
Role kube-system system::leader-locking-kube-scheduler
  create,get,list,update,watch coordination.k8s.io leases
Role kube-system system:controller:bootstrap-signer
  R core secrets
Role kube-system system:controller:cloud-provider
  create,get,list,watch core configmaps
Role kube-system system:controller:token-cleaner
  delete,get,list,watch core secrets
  EVENTS
RoleBinding kube-public system:controller:bootstrap-signer Role/system:controller:bootstrap-signer sa=kube-system/bootstrap-signer
RoleBinding kube-system system::extension-apiserver-authentication-reader Role/extension-apiserver-authentication-reader user=system:kube-controller-manager user=system:kube-scheduler
RoleBinding kube-system system::leader-locking-kube-controller-manager Role/system::leader-locking-kube-controller-manager user=system:kube-controller-manager sa=kube-system/kube-controller-manager sa=kube-system/leader-election-controller
RoleBinding kube-system system::leader-locking-kube-scheduler Role/system::leader-locking-kube-scheduler user=system:kube-scheduler sa=kube-system/kube-scheduler
RoleBinding kube-system system:controller:bootstrap-signer Role/system:controller:bootstrap-signer sa=kube-system/bootstrap-signer
RoleBinding kube-system system:controller:cloud-provider Role/system:controller:cloud-provider sa=kube-system/cloud-provider
RoleBinding kube-system system:controller:token-cleaner Role/system:controller:token-cleaner sa=kube-system/token-cleaner
"""
