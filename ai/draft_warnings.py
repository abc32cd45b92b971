"""What a merchant should know about a draft before publishing it."""

from enum import StrEnum


class DraftWarning(StrEnum):
    """A code; whoever shows the draft has the words for it."""

    # The model
    MODEL_UNAVAILABLE = "model_unavailable"  # not reached, or broken twice
    MODEL_BUSY = "model_busy"  # 429, and no time left to wait
    MODEL_TIMED_OUT = "model_timed_out"
    MODEL_MISCONFIGURED = "model_misconfigured"  # key or model name refused: the operator's concern
    MODEL_DECLINED = "model_declined"  # it will not describe this picture
    MODEL_ANSWER_CUT = "model_answer_cut"  # it stopped in the middle
    MODEL_ANSWER_UNUSABLE = "model_answer_unusable"  # not what was asked for
    MODEL_FIELDS_DROPPED = "model_fields_dropped"  # some fields broke the rules and are left out
    INSTRUCTIONS_IN_PICTURE = "instructions_in_picture"  # writing in the picture speaks to the model
    # Texts
    TEXT_CLEANED = "text_cleaned"  # links, numbers to call, markup, invisible or foreign letters
    ALLERGEN_CLAIM_REMOVED = "allergen_claim_removed"  # "sans gluten": an AI never asserts that
    PRICE_WORDS_REMOVED = "price_words_removed"  # "gratuit", "seulement 1 €"
    # Prices
    PRICE_ADJUSTED = "price_adjusted"  # moved inside 30 % to 70 % of the original
    PRICE_DROPPED = "price_dropped"  # absurd
    # Codes
    CODE_IGNORED = "code_ignored"  # wrong check digit, or not what GS1 allows
    SEVERAL_PRODUCTS = "several_products"  # bar codes of more than one product
    GTIN_DIFFERS = "gtin_differs"  # the model read another number than the bar code has
    # Dates
    DATE_DIFFERS = "date_differs"  # what is printed differs from what the code says; the code's stands
    DATES_UNSURE = "dates_unsure"  # two readings of the print differ; the earlier stands
    DATE_KIND_UNSURE = "date_kind_unsure"  # use-by or best-before; the stricter stands
    DATE_UNCONFIRMED = "date_unconfirmed"  # read from print, not from a machine code
    DATE_NOT_READ = "date_not_read"  # there should be a date, none was read
    DATE_DROPPED = "date_dropped"  # no such food date is plausible
    USE_BY_PASSED = "use_by_passed"  # it may not be sold or given
    BEST_BEFORE_PASSED = "best_before_passed"  # it may, marked so
    # Where the rest comes from
    FROM_SAME_PRODUCT = "from_same_product"  # the shop's listing with the same bar code
    FROM_SAME_CATEGORY = "from_same_category"  # the shop's last listing of the category
    PHOTO_NOT_READ = "photo_not_read"  # the local reader failed on this picture
