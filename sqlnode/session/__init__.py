"""Who is asking: sessions, their variables, transactions, prepared statements and plan cache.

A `Session` takes statements and gives `Result`s; it knows no packets. It must not know sockets or threads. Central types:
`Session` (session.py), `TransactionState` (transactions.py), `SessionVariables` (variables.py), `PlanCache` (plan_cache.py).
Start reading at `Session.execute_text`.
"""
