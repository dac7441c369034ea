//! Gateways: how SMS and mail leave the house.
