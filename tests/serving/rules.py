"""A tiny catalogue and policy."""

CATALOGUE = """
version = "c1"
currency = "USD"

[[offer]]
id = "stay"
name = "Two off the next shop"
kind = "retention"
channels = ["web", "email"]
value = 40.0
save_rate = 0.2
discount = 2.0
redemption = 0.5
must = ["known is yes"]
relevant = ["churn_band = high"]

[[offer]]
id = "taste"
name = "Something new"
kind = "cross_sell"
channels = ["web", "email", "till"]
items = "best"
margin = 0.5
incremental = 1.0

[[offer]]
id = "toast"
name = "Butter and jam for your bread"
kind = "bundle"
channels = ["web"]
items = ["BREAD", "BUTTER", "JAM"]
value = 30.0
incremental = 1.0

[[offer]]
id = "thanks"
name = "A thank you"
kind = "loyalty"
channels = ["web"]
value = 10.0
acceptance = 0.5
incremental = 1.0
discount = 1.0
per_day = 2
good = ["life_cycle in [growing, steady]"]
"""
POLICY = """
version = "p1"
stake = { margin = 0.2, days = 168 }
control = { share = 0.0, salt = "pepper" }
exploration = { share = 0.0 }

[channels.web]
consent = false

[channels.till]
consent = false

[channels.email]
cost = 0.01

[[cap]]
per = "offer"
contacts = 1
days = 7
"""
