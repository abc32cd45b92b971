"""The warnings that a merchant should read before publishing a draft."""

from enum import StrEnum


class DraftWarning(StrEnum):
    """A code for each warning. The program that shows the draft turns it into words."""

    # The model
    MODEL_UNAVAILABLE = "model_unavailable"  # could not be reached, or failed twice
    MODEL_BUSY = "model_busy"  # answered 429, and there was no time left to wait
    MODEL_TIMED_OUT = "model_timed_out"
    MODEL_MISCONFIGURED = "model_misconfigured"  # refused the key or the model name: the operator must fix the settings
    MODEL_DECLINED = "model_declined"  # refused to describe this picture
    MODEL_ANSWER_CUT = "model_answer_cut"  # stopped in the middle of its answer
    MODEL_ANSWER_UNUSABLE = "model_answer_unusable"  # did not answer in the format that was asked for
    MODEL_FIELDS_DROPPED = "model_fields_dropped"  # some fields broke the rules and were left out
    INSTRUCTIONS_IN_PICTURE = "instructions_in_picture"  # text in the picture tries to give the model orders
    # Texts
    TEXT_CLEANED = "text_cleaned"  # links, phone numbers, markup, invisible or foreign letters removed
    ALLERGEN_CLAIM_REMOVED = "allergen_claim_removed"  # such as "sans gluten", which a model must never claim
    PRICE_WORDS_REMOVED = "price_words_removed"  # such as "gratuit" or "seulement 1 €"
    # Prices
    PRICE_ADJUSTED = "price_adjusted"  # moved into the range of 30 % to 70 % of the original price
    PRICE_DROPPED = "price_dropped"  # implausible
    # Codes
    CODE_IGNORED = "code_ignored"  # the code breaks the GS1 rules, for example by a wrong check digit
    SEVERAL_PRODUCTS = "several_products"  # bar codes of more than one product
    GTIN_DIFFERS = "gtin_differs"  # the model read another number than the bar code
    # Dates
    DATE_DIFFERS = "date_differs"  # the printed date differs from the one in the code; the draft has the code's
    DATES_UNSURE = "dates_unsure"  # two readings of the printed date differ; the draft has the earlier
    DATE_KIND_UNSURE = "date_kind_unsure"  # use-by or best-before; the draft has the stricter
    DATE_UNCONFIRMED = "date_unconfirmed"  # read from print, not from a code
    DATE_NOT_READ = "date_not_read"  # there should be a date, but none was read
    DATE_DROPPED = "date_dropped"  # the date that was read is not plausible for food
    USE_BY_PASSED = "use_by_passed"  # the food may no longer be sold or given away
    BEST_BEFORE_PASSED = "best_before_passed"  # the food may be sold or given away if it is marked
    # Sources of the other fields
    FROM_SAME_PRODUCT = "from_same_product"  # the shop's latest listing with the same bar code
    FROM_SAME_CATEGORY = "from_same_category"  # the shop's latest listing in the same category
    OCR_SKIPPED = "ocr_skipped"  # nobody read the print on this machine: too much to do, or the program failed
    PHOTO_NOT_READ = "photo_not_read"  # the local reader failed on this picture
