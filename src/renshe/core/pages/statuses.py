"""The HTTP status of each refusal, for pages and for programs alike.

Invariant: what somebody may not see looks like what is not there (404); what is refused for the moment says so (409);
everything else that was asked for wrongly is 422.
"""

from __future__ import annotations

_STATUS = {
    401: {
        "api.signed_out", "org.token_refused", "org.session_over", "org.sign_in_refused", "org.locked", "org.cut_off",
        "portal.session_over", "portal.sign_in_refused", "portal.locked",
    },
    403: {
        "org.not_granted", "org.out_of_scope", "org.place_refused", "org.operator_ended", "org.unknown_operator",
        "registers.data_set_risk", "registers.not_named", "case.delegation_whose", "page.forged",
        "registry.not_designated", "exchange.not_a_partner", "exchange.foreign_sender", "exchange.foreign_receiver",
    },
    404: {
        "api.not_there", "case.not_there", "case.no_such_type", "case.no_such_region", "paper.not_there",
        "document.not_there", "job.not_there", "volume.not_there", "registers.not_there", "registers.no_entry",
        "org.notice_not_there", "org.agency_not_there", "case.delegation_not_there", "registers.month_written",
        "exchange.no_batch", "exchange.no_agreement",
        "page.not_there", "registry.no_such_person", "registry.no_such_unit", "registry.no_modification",
        "exchange.not_waiting", "exchange.no_receipt",
    },
    400: {"api.key_missing", "api.unreadable", "exchange.cut", "exchange.no_length", "exchange.package_refused"},
    413: {"exchange.too_large"},
    409: {
        "case.not_open", "case.not_editable", "case.changed_meanwhile", "case.effect_failed", "case.paused",
        "case.not_paused", "case.applied_already", "case.not_with_applicant", "portal.account_there",
        "portal.account_over", "case.assigned", "case.same_person", "case.not_the_maker", "registers.log_changed",
        "exchange.wrong_stage", "exchange.changed", "exchange.difference_decided", "exchange.answered",
        "volume.closed", "volume.not_closed", "volume.already_in", "document.voided", "registry.not_unsealed",
        "registry.unsealed_already", "registry.designate_first", "registry.merged_person", "registry.merged_unit",
    },
}  # fmt: skip
_BY_CODE = {code: status for status, codes in _STATUS.items() for code in codes}


def status_of(code: str) -> int:
    """Return the HTTP status of a refusal: 422 where nothing else is said."""
    return _BY_CODE.get(code, 422)
