from serving.decision.nearest import nearest


def test_the_nearest_name_is_offered() -> None:
    assert nearest("retantion", ["loyalty", "retention"]) == ' (did you mean "retention"?)'


def test_capitals_hide_no_name() -> None:
    assert nearest("cheese", ["BREAD", "CHEESE"]) == ' (did you mean "CHEESE"?)'


def test_without_a_near_one_all_are_listed() -> None:
    assert nearest("zzz", ["web", "app"]) == " (known: web, app)"
    assert nearest("zzz", []) == " (known: none)"


def test_a_long_list_is_cut() -> None:
    known = [f"feature_{number}" for number in range(120)]
    assert nearest("zzz", known).endswith("feature_19 and 100 more)")
