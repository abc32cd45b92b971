-- Return whether the words of a lot offer an alcoholic drink, which EcoPanier does not (docs/decisions/no-alcohol.md).
-- Called by guard_lot and guard_recurring: this is the only place that states the rule.
-- A food with alcohol in it is allowed («babas au rhum», «vinaigre de vin», "beer bread"), and so is a drink without
-- («bière sans alcool»). What comes in bottles, packs or boxes is a drink whatever follows; so is every mention in the
-- category of drinks. The words are read without accents and in small letters (app.plain_text).
create or replace function app.offers_alcohol(category text, title text, description text) returns boolean
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
    drink   constant text := '(?:vins?|bieres?|cidres?|champagnes?|cremants?|proseccos?|rhums?|whisk(?:y|ys|ies|ey|eys)'
        || '|bourbons?|vodkas?|gins?|tequilas?|mezcals?|cognacs?|armagnacs?|calvados|pastis|liqueurs?|spiritueux|portos?'
        || '|vermouths?|sangrias?|mojitos?|spritz|hydromels?|kirschs?|eaux? de vie|limoncellos?|sakes?|wines?|beers?'
        || '|ciders?|rums?|liquors?|brandy|brandies|sherry|mead|ales?|lagers?|boissons? alcoolisees?|alcoholic drinks?)';
    without constant text := '(?:sans alcool|desalcoolisee?s?|non alcoolisee?s?|alcohol free|non alcoholic|0(?: 0)? percent)';
    written text := ' ' || regexp_replace(
        app.plain_text(replace(title || ' . ' || description, '%', ' percent ')), '[^a-z0-9.]+', ' ', 'g') || ' ';
begin
    written := regexp_replace(written, '(\d)\.(\d)', '\1 \2', 'g');
    -- Drinks without alcohol.
    written := regexp_replace(written, '\m' || drink || '(?: [a-z]+){0,2} ' || without, ' ', 'g');
    written := regexp_replace(written, without || '(?: [a-z]+){0,1} ' || drink || '\M', ' ', 'g');
    written := regexp_replace(written, '\m(?:ginger|root) (?:beers?|ales?)\M|\mbieres? (?:de|au) gingembre\M', ' ', 'g');
    if category = 'drinks' then return written ~ ('\m' || drink || '\M'); end if;
    -- What comes in bottles or boxes.
    if written ~ ('\m(?:bouteilles?|canettes?|packs?|coffrets?|caisses?|cartons?|cubis?|magnums?|futs?|bottles?|cans?'
                  || '|cases?|lots?|assortiments?|selections?|assortments?) (?:de |d |of )(?:[a-z0-9]+ ){0,1}?' || drink
                  || '\M(?! (?:vinegars?|raisins?|cakes?|babas?))') then
        return true;
    end if;
    -- The description of a dish names what is in it: only its title says what is offered.
    if description <> '' and category in ('prepared_meals', 'caterer', 'delicatessen', 'bakery', 'pastry', 'desserts',
                                          'butcher', 'fish', 'cheese', 'frozen', 'canned') then
        return app.offers_alcohol('other', title, '');
    end if;
    -- Foods with alcohol in them, and what goes with a drink.
    written := regexp_replace(written, '\m' || drink || ' (?:vinegars?|sauces?|jus|gravy|jelly|jellies|breads?|batters?'
        || '|battered|babas?|cakes?|raisins?|truffles?|chocolates?|braised|gums?)\M', ' ', 'g');
    written := regexp_replace(written, '\m(?:au|aux|a la|a l|a|de|en|sauce|saveur|gout|facon|in|with|an?)'
        || '(?: un| une)?(?: verre de| glass of)?(?: vieux| bon| red| white| good| dark)? ' || drink || '\M', ' ', 'g');
    written := regexp_replace(written, '\mavec (?:un|une|du|de la)(?: verre de)?(?: bon)? ' || drink || '\M', ' ', 'g');
    return written ~ ('\m' || drink || '\M');
end $$;
