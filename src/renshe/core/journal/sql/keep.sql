-- A table that only grows, or of which only what is empty is filled in.
CREATE OR REPLACE TRIGGER journal_keep BEFORE UPDATE OR DELETE ON @table
    FOR EACH ROW EXECUTE FUNCTION journal_refuse_@what();
CREATE OR REPLACE TRIGGER journal_truncate BEFORE TRUNCATE ON @table
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_truncate();
