authzen-resource-unknown = 发起查询的产品没有这一资源
authzen-action-unknown = 该产品没有这一操作
authzen-subject-unknown = 没有可在此使用该产品的这一主体
