authzen-resource-unknown = This is not known to the product that asks
authzen-action-unknown = The product has no such action
authzen-subject-unknown = Nobody of this name may use the product here
