-- Whether a number is vouched for (vouching.py); what follows an at sign is filled in.
CREATE OR REPLACE FUNCTION journal_vouched_@kind(asked text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN asked IS NOT NULL AND (@known);
END $$;
