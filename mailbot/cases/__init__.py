"""The record: what is kept of every message and case, who may see it, and how it is kept from everybody else.

Here stand the tables, the roles, the audit trail, and cases as officers work them. Each folder is one thing more: how a
message comes in (`arrivals`), who wrote is parted from it (`masking`) and both are sealed (`sealing`); who may learn of
them (`identity`); what goes out (`letters`, `api`, `records`); `search`, `services`, `oversight`, `accounts`,
`backups`, `audit_trail`.
"""
